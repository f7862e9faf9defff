-- People, and the two things every later table leans on: the natural sort order for names and the
-- triggers that keep append-only tables append-only.

-- "Shelf 2" before "Shelf 10".
create collation natural_order (provider = icu, locale = 'und-u-kn-true');

-- Guards the owner's own slips; the role `inventory` lacks the grants anyway.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only', tg_table_name using errcode = 'insufficient_privilege';
end $$;

create table person (
    id            uuid primary key,
    name          text not null check (char_length(name) between 1 and 200 and name = btrim(name)),
    role          text not null check (role in ('viewer', 'member', 'keeper', 'admin')),
    login         text check (char_length(login) between 1 and 200),
    password_hash text,
    pin_hash      text,
    active        boolean not null default true,
    anonymised_at timestamptz,
    version       integer not null default 1,
    created_at    timestamptz not null default now()
);
create unique index person_login_once on person (lower(login));
grant select, insert, update on person to inventory;

-- The one-time code that makes the first admin: hashed, short-lived, few tries, one winner.
create table setup_code (
    only_one   boolean primary key default true check (only_one),
    code_hash  text not null,
    expires_at timestamptz not null,
    tries_left integer not null check (tries_left >= 0)
);
grant select, insert, update, delete on setup_code to inventory;

create table setting (
    key   text primary key,
    value jsonb not null
);
grant select, insert, update, delete on setting to inventory;
