-- What the kiosk brings: secrets that are guessed slowly, and command labels.

-- Wrong secrets in a row, for each thing somebody may guess at: an account's name, a person's PIN, an address. A row is
-- counted up before the secret is compared and goes when it was right, so that tries at the same moment count as well.
create table sign_in_attempt (
    subject       text primary key check (char_length(subject) between 1 and 300),
    failures      integer not null check (failures > 0),
    last_at       timestamptz not null default now(),
    blocked_until timestamptz not null default now()
);
create index sign_in_attempt_by_age on sign_in_attempt (last_at);
grant select, insert, update, delete on sign_in_attempt to inventory;

-- Labels that say what to do; `domain/command.rs` knows the words.
insert into code (id, text, kind, command) values
    ('0192a000-0000-7000-8000-000000000001', 'INVPLUS1', 'command', 'plus_1'),
    ('0192a000-0000-7000-8000-000000000002', 'INVPLUS10', 'command', 'plus_10'),
    ('0192a000-0000-7000-8000-000000000003', 'INVPUTBACK', 'command', 'put_back'),
    ('0192a000-0000-7000-8000-000000000004', 'INVUNDO', 'command', 'undo'),
    ('0192a000-0000-7000-8000-000000000005', 'INVDONE', 'command', 'done'),
    ('0192a000-0000-7000-8000-000000000006', 'INVREORDER', 'command', 'empty')
on conflict do nothing;
