alter table duewell.agenda add column pays smallint[] check (cardinality(pays) = 4),
  add column principal_minor bigint
;;
comment on column duewell.agenda.pays is
  'Where a payment by table goes: the accounts of cash, fees, interest and principal. Null: not by table.'
;;
create function duewell.post_payments(
  client text, actor_name text, at timestamptz, person_ids bigint[], loan_nos smallint[], amounts bigint[],
  effective date[], payment_types text[], sources text[], refs text[], keys text[], hashes bytea[]
) returns table (nth int, outcome text, told jsonb) language plpgsql as $$
#variable_conflict use_column
declare
  each_book smallint;
  meant int;
  kept int;
begin
  -- The open date stays where it is until this transaction ends.
  for each_book in
    select distinct a.book_id from unnest(person_ids, loan_nos) as k(p, n)
    join duewell.agenda a on a.person_id = k.p and a.loan_no = k.n order by 1
  loop
    perform pg_advisory_xact_lock_shared(1684109568, each_book);
  end loop;
  perform 1 from duewell.loan_state s
    where (s.person_id, s.loan_no) in (select k.p, k.n from unnest(person_ids, loan_nos) as k(p, n))
    order by s.person_id, s.loan_no for update;
  return query
  with asked as materialized (
    select k.*, row_number() over (partition by k.key order by k.n) as of_key,
      row_number() over (partition by k.person_id, k.loan_no, k.source, k.ref order by k.n) as of_ref
    from unnest(person_ids, loan_nos, amounts, effective, payment_types, sources, refs, keys, hashes)
      with ordinality as k(person_id, loan_no, amount, effective_on, payment_type, source, ref, key, hash, n)
  ),
  found as materialized (
    select k.n, r.body_hash = k.hash as is_same, r.result
    from asked k join duewell.request_key r on r.client_id = client and r.key = k.key
  ),
  fit as materialized (
    select k.n, k.person_id, k.loan_no, k.amount, k.payment_type, k.source, k.ref, k.key, k.hash,
      s.paid_minor, s.next_seq, a.cum, a.pays, a.principal_minor, a.book_id, b.open_on, b.currency,
      3 * width_bucket(b.open_on, a.dates) as last,
      sum(k.amount) over (partition by k.person_id, k.loan_no order by k.n) as through,
      row_number() over (partition by k.person_id, k.loan_no order by k.n) - 1 as place
    from asked k
    join duewell.loan_state s on s.person_id = k.person_id and s.loan_no = k.loan_no and s.is_tabular
    join duewell.agenda a on a.person_id = k.person_id and a.loan_no = k.loan_no
    join duewell.book b on b.book_id = a.book_id
    where k.amount > 0 and k.of_key = 1 and k.of_ref = 1
      and coalesce(k.effective_on = b.open_on, true)
      and not exists (select from found f where f.n = k.n)
      and not exists (select from duewell.loan_fact f where f.person_id = k.person_id and f.loan_no = k.loan_no
        and f.kind = 'PaymentReceived' and f.source = k.source and f.source_ref = k.ref)
      and not exists (select from duewell.day_run r where r.book_id = a.book_id and r.finished_at is null
        and not exists (select from duewell.day_chunk c where c.book_id = r.book_id and c.day = r.day
          and c.slice_no = (k.person_id >> 57) / (64 / r.slices)))
  ),
  posted as materialized (
    select f.*, f.next_seq + f.place as seq, p.fee, p.interest, p.principal, p.left_other,
      f.principal_minor - p.principal_before - p.principal as principal_after
    from fit f cross join lateral (
      select
        coalesce(sum(x.share) filter (where x.part = 0), 0)::bigint as fee,
        coalesce(sum(x.share) filter (where x.part = 1), 0)::bigint as interest,
        coalesce(sum(x.share) filter (where x.part = 2), 0)::bigint as principal,
        coalesce(sum(x.before) filter (where x.part = 2), 0)::bigint as principal_before,
        coalesce(sum(x.after) filter (where x.part < 2), 0)::bigint as left_other
      from (
        select (i - 1) % 3 as part,
          greatest(0, least(f.cum[i], f.paid_minor + f.through)
            - greatest(coalesce(f.cum[i - 1], 0), f.paid_minor + f.through - f.amount)) as share,
          greatest(0, least(f.cum[i], f.paid_minor + f.through - f.amount) - coalesce(f.cum[i - 1], 0)) as before,
          greatest(0, f.cum[i] - greatest(coalesce(f.cum[i - 1], 0), f.paid_minor + f.through)) as after
        from generate_series(1, f.last) as i
      ) as x
    ) as p
    where f.paid_minor + f.through <= f.cum[f.last]
  ),
  facts as (
    insert into duewell.loan_fact
    select person_id, loan_no, seq, 'PaymentReceived', 1, open_on, open_on, at, source, ref, actor_name,
      jsonb_build_object('amount_minor', amount, 'payment_type', payment_type), null from posted
  ),
  journals as (
    insert into duewell.journal
    select p.person_id, p.loan_no, p.seq, 1, p.open_on,
      array_remove(array[p.pays[1], case when p.fee > 0 then p.pays[2] end,
        case when p.interest > 0 then p.pays[3] end, case when p.principal > 0 then p.pays[4] end], null),
      array_remove(array[p.amount, -nullif(p.fee, 0), -nullif(p.interest, 0), -nullif(p.principal, 0)], null)
    from posted p
  ),
  states as (
    update duewell.loan_state s set next_seq = s.next_seq + g.count, paid_minor = s.paid_minor + g.paid
    from (select person_id, loan_no, count(*)::int as count, sum(amount)::bigint as paid
          from posted group by 1, 2) as g
    where s.person_id = g.person_id and s.loan_no = g.loan_no
  ),
  answers as materialized (
    select p.n, p.key, p.hash, p.person_id, p.loan_no, jsonb_build_object(
      'schema', 'duewell.recorded-fact/1', 'person_id', p.person_id::text, 'loan_no', p.loan_no,
      'seq', p.seq, 'currency', p.currency, 'as_of', p.open_on, 'principal_minor', p.principal_after,
      'overpaid_minor', 0, 'dpd', 0, 'overdue_minor', 0,
      'outstanding_minor', p.principal_after + p.left_other) as result
    from posted p
  ),
  named as (
    insert into duewell.request_key
    select client, key, hash, person_id || '/' || loan_no, result, at from answers
    on conflict (client_id, key) do nothing returning request_key.key
  )
  select k.n::int,
    case when f.is_same then 'again' when f.n is not null then 'key-reused'
      when a.n is null then 'general' when d.key is null then 'met' else 'posted' end,
    coalesce(a.result, f.result)
  from asked k
  left join found f using (n)
  left join answers a using (n)
  left join named d on d.key = a.key
  order by k.n;
end
$$
;;
comment on function duewell.post_payments is
  'Payments of what is due today on loans on time, once per key. Copies what the fold wrote; computes nothing.'
;;
do $$
begin
  execute (select format('grant execute on function %s to duewell_app', p.oid::regprocedure)
           from pg_proc p where p.proname = 'post_payments' and p.pronamespace = 'duewell'::regnamespace);
end
$$
