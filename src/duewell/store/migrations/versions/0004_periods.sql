alter table duewell.gl_journal add column kind smallint not null default 1
;;
alter table duewell.gl_journal drop constraint gl_journal_pkey
;;
alter table duewell.gl_journal add primary key (book_id, day, product_no, kind)
;;
create table duewell.accounting_period (
  book_id smallint not null references duewell.book,
  ends_on date not null,
  starts_on date not null,
  closed_at timestamptz not null,
  actor text not null,
  totals jsonb not null,
  digest bytea not null check (octet_length(digest) = 32),
  primary key (book_id, ends_on),
  check (starts_on <= ends_on)
)
;;
create function duewell.refuse_closed_period() returns trigger language plpgsql as $$
begin
  if exists (select 1 from duewell.accounting_period p where p.book_id = new.book_id and p.ends_on >= new.day) then
    raise exception 'the accounting period of % is closed', new.day using errcode = 'restrict_violation';
  end if;
  return new;
end
$$
;;
create trigger stays_closed before insert on duewell.gl_journal
  for each row execute function duewell.refuse_closed_period()
;;
create function duewell.refuse_earlier_day() returns trigger language plpgsql as $$
begin
  if new.open_on < old.open_on then
    raise exception 'the open date of a book never moves back' using errcode = 'restrict_violation';
  end if;
  return new;
end
$$
;;
create trigger only_forward before update of open_on on duewell.book
  for each row execute function duewell.refuse_earlier_day()
;;
create trigger append_only before update or delete or truncate on duewell.accounting_period
  for each statement execute function duewell.refuse_change()
;;
grant select, insert on duewell.accounting_period to duewell_app
