alter table duewell.agenda add column pays smallint[] check (cardinality(pays) = 4)
;;
comment on column duewell.agenda.pays is
  'Where a payment by table goes: the accounts of cash, fees, interest and principal. Null: not by table.'
;;
alter table duewell.loan_state add column principal_minor bigint
;;
comment on column duewell.loan_state.principal_minor is 'Principal out, kept for a loan that is posted by table.'
;;
create index day_run_unfinished on duewell.day_run (book_id) where finished_at is null
;;
-- The same rule as before, said so that it costs a tenth: every journal is checked by it.
create or replace function duewell.sums_to_zero(amounts bigint[]) returns boolean
  language plpgsql immutable strict parallel safe as $$
declare
  each_amount bigint;
  total numeric := 0;
begin
  if cardinality(amounts) < 2 then
    return false;
  end if;
  foreach each_amount in array amounts loop
    if each_amount is null or each_amount = 0 then
      return false;
    end if;
    total := total + each_amount;
  end loop;
  return total = 0;
end
$$
;;
create function duewell.post_payments(
  client text, actor_name text, at timestamptz, person_ids bigint[], loan_nos smallint[], amounts bigint[],
  effective date[], payment_types text[], sources text[], refs text[], keys text[], hashes bytea[], is_locking boolean
) returns table (nth int, outcome text, told jsonb) language plpgsql set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_variable
declare
  r record;
  each_book smallint;
  -- The loan at hand: what was paid by table, the next number, principal out.
  at_person bigint;
  at_loan smallint;
  paid bigint;
  seq int;
  principal_out bigint;
  -- One payment: what it meets, part by part, and what of fees and interest due today is left.
  lower_bound bigint;
  upper_bound bigint;
  share bigint;
  met bigint[];
  left_other bigint;
  -- Rows to be written.
  p_nth int[] := '{}';
  p_seq int[] := '{}';
  p_on date[] := '{}';
  p_pays smallint[] := '{}';
  p_fee bigint[] := '{}';
  p_interest bigint[] := '{}';
  p_principal bigint[] := '{}';
  p_result jsonb[] := '{}';
  s_person bigint[] := '{}';
  s_loan smallint[] := '{}';
  s_paid bigint[] := '{}';
  s_was bigint[] := '{}';
  s_seq int[] := '{}';
  s_was_seq int[] := '{}';
  s_principal bigint[] := '{}';
  kept int;
begin
  -- The open date stays where it is until this transaction ends.
  for each_book in
    select distinct a.book_id from unnest(person_ids, loan_nos) as k(p, n)
    join duewell.agenda a on a.person_id = k.p and a.loan_no = k.n order by 1
  loop
    perform pg_advisory_xact_lock_shared(1684109568, each_book);
  end loop;
  -- The first try locks nothing: what was read is compared when it is written. Whoever lost a race locks first.
  if is_locking then
    perform 1 from (select distinct p, n from unnest(person_ids, loan_nos) as u(p, n)) as k
      join duewell.loan_state s on s.person_id = k.p and s.loan_no = k.n
      order by s.person_id, s.loan_no for update of s;
  end if;

  for r in
    select k.n::int as n, k.person_id, k.loan_no, k.amount, k.hash, q.body_hash, q.result,
      s.paid_minor, s.next_seq, s.principal_minor, a.cum, a.pays, b.open_on, b.currency,
      3 * width_bucket(b.open_on, a.dates) as last,
      s.is_tabular and k.amount > 0 and coalesce(k.effective_on = b.open_on, true)
        and not exists (
          select from duewell.day_run d where d.book_id = a.book_id and d.finished_at is null)
        and not exists (
          select from duewell.loan_fact f where f.person_id = k.person_id and f.loan_no = k.loan_no
            and f.kind = 'PaymentReceived' and f.source = k.source and f.source_ref = k.ref) as may
    from unnest(person_ids, loan_nos, amounts, effective, sources, refs, keys, hashes) with ordinality
      as k(person_id, loan_no, amount, effective_on, source, ref, key, hash, n)
    left join duewell.request_key q on q.client_id = client and q.key = k.key
    left join duewell.loan_state s on s.person_id = k.person_id and s.loan_no = k.loan_no
    left join duewell.agenda a on a.person_id = k.person_id and a.loan_no = k.loan_no
    left join duewell.book b on b.book_id = a.book_id
    order by k.person_id, k.loan_no, k.n
  loop
    nth := r.n;
    told := null;
    if r.body_hash is not null then
      outcome := case when r.body_hash = r.hash then 'again' else 'key-reused' end;
      told := r.result;
      return next;
      continue;
    end if;
    if r.person_id is distinct from at_person or r.loan_no is distinct from at_loan then
      at_person := r.person_id;
      at_loan := r.loan_no;
      paid := r.paid_minor;
      seq := r.next_seq;
      principal_out := r.principal_minor;
    end if;
    outcome := 'general';
    if r.may and paid + r.amount <= r.cum[r.last] then
      -- Meet the claims one after another: only compared and subtracted, never computed.
      met := '{0,0,0}';
      left_other := 0;
      for i in width_bucket(paid, r.cum) + 1 .. r.last loop
        lower_bound := greatest(coalesce(r.cum[i - 1], 0), paid);
        upper_bound := r.cum[i];
        share := least(upper_bound, paid + r.amount) - lower_bound;
        if share > 0 then
          met[(i - 1) % 3 + 1] := met[(i - 1) % 3 + 1] + share;
          lower_bound := lower_bound + share;
        end if;
        if i % 3 <> 0 and upper_bound > lower_bound then
          left_other := left_other + upper_bound - lower_bound;
        end if;
      end loop;
      principal_out := principal_out - met[3];
      p_nth := p_nth || r.n;
      p_seq := p_seq || seq;
      p_on := p_on || r.open_on;
      p_pays := p_pays || r.pays;
      p_fee := p_fee || met[1];
      p_interest := p_interest || met[2];
      p_principal := p_principal || met[3];
      told := jsonb_build_object(
        'schema', 'duewell.recorded-fact/1', 'person_id', r.person_id::text, 'loan_no', r.loan_no,
        'seq', seq, 'currency', r.currency, 'as_of', r.open_on, 'principal_minor', principal_out,
        'overpaid_minor', 0, 'dpd', 0, 'overdue_minor', 0, 'outstanding_minor', principal_out + left_other);
      p_result := p_result || told;
      paid := paid + r.amount;
      seq := seq + 1;
      kept := cardinality(s_person);
      if kept > 0 and s_person[kept] = at_person and s_loan[kept] = at_loan then
        s_paid[kept] := paid;
        s_seq[kept] := seq;
        s_principal[kept] := principal_out;
      else
        s_person := s_person || at_person;
        s_loan := s_loan || at_loan;
        s_was := s_was || r.paid_minor;
        s_was_seq := s_was_seq || r.next_seq;
        s_paid := s_paid || paid;
        s_seq := s_seq || seq;
        s_principal := s_principal || principal_out;
      end if;
      outcome := 'posted';
    end if;
    return next;
  end loop;
  if cardinality(p_nth) = 0 then
    return;
  end if;

  update duewell.loan_state s set next_seq = k.seq, paid_minor = k.paid, principal_minor = k.principal
    from unnest(s_person, s_loan, s_seq, s_paid, s_principal, s_was, s_was_seq)
      as k(person_id, loan_no, seq, paid, principal, was, was_seq)
    where s.person_id = k.person_id and s.loan_no = k.loan_no and s.paid_minor = k.was and s.next_seq = k.was_seq;
  get diagnostics kept = row_count;
  if kept <> cardinality(s_person) then
    raise exception 'a loan was posted to by another at the same moment' using errcode = 'serialization_failure';
  end if;
  insert into duewell.request_key
    select client, keys[p.n], hashes[p.n], person_ids[p.n] || '/' || loan_nos[p.n], p.result, at
    from unnest(p_nth, p_result) as p(n, result)
    on conflict (client_id, key) do nothing;
  get diagnostics kept = row_count;
  if kept <> cardinality(p_nth) then
    raise exception 'a request key was used by another at the same moment' using errcode = 'serialization_failure';
  end if;
  insert into duewell.loan_fact
    select person_ids[p.n], loan_nos[p.n], p.seq, 'PaymentReceived', 1, p.day, p.day, at, sources[p.n], refs[p.n],
      actor_name, jsonb_build_object('amount_minor', amounts[p.n], 'payment_type', payment_types[p.n]), null
    from unnest(p_nth, p_seq, p_on) as p(n, seq, day);
  insert into duewell.journal
    select person_ids[p.n], loan_nos[p.n], p.seq, 1, p.day,
      array_remove(array[p_pays[4 * p.at - 3], case when p.fee > 0 then p_pays[4 * p.at - 2] end,
        case when p.interest > 0 then p_pays[4 * p.at - 1] end,
        case when p.principal > 0 then p_pays[4 * p.at] end], null),
      array_remove(array[amounts[p.n], -nullif(p.fee, 0), -nullif(p.interest, 0), -nullif(p.principal, 0)], null)
    from unnest(p_nth, p_seq, p_on, p_fee, p_interest, p_principal) with ordinality
      as p(n, seq, day, fee, interest, principal, at);
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
