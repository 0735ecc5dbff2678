create table duewell.day_seal (
  book_id smallint not null references duewell.book,
  day date not null,
  facts int not null,
  hash bytea not null,
  primary key (book_id, day),
  foreign key (book_id, day) references duewell.day_run
)
;;
comment on table duewell.day_seal is
  'A closed day''s hash over the one before and every fact and journal recorded on it; the first covers all before too.'
;;
create index loan_fact_recorded_on on duewell.loan_fact using brin (recorded_on)
;;
create index journal_posted_on on duewell.journal using brin (posted_on)
;;
create trigger append_only before update or delete or truncate on duewell.day_seal
  for each statement execute function duewell.refuse_change()
;;
grant select, insert on duewell.day_seal to duewell_app
