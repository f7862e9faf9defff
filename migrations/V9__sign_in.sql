-- Who is signed in over the web, what programs may do, and the second factor.

create table session (
    id         uuid primary key,
    -- SHA-256 of the cookie's 256 random bits: nothing to guess, and a copy of the table opens nothing.
    token_hash bytea not null unique check (octet_length(token_hash) = 32),
    person     uuid not null references person,
    -- half: the password was right, the second factor is awaited, nothing is open yet.
    proof      text not null check (proof in ('half', 'password', 'second')),
    created_at timestamptz not null default now(),
    seen_at    timestamptz not null default now(),
    -- When everything was last proved; secrets are changed only soon after.
    proved_at  timestamptz not null default now(),
    expires_at timestamptz not null,
    address    inet,
    user_agent text not null default '' check (char_length(user_agent) <= 300)
);
create index session_by_person on session (person);
create index session_by_end on session (expires_at);
grant select, insert, update, delete on session to inventory;

-- What a program acts with: for a person, at most as far as the scope goes.
create table api_token (
    id           uuid primary key,
    token_hash   bytea not null unique check (octet_length(token_hash) = 32),
    person       uuid not null references person,
    name         text not null check (char_length(name) between 1 and 100),
    scope        text not null check (scope in ('read', 'move', 'edit', 'admin')),
    created_at   timestamptz not null default now(),
    expires_at   timestamptz not null,
    last_used_at timestamptz
);
create index api_token_by_person on api_token (person);
grant select, insert, update, delete on api_token to inventory;

-- The secret has to be readable to be of use. It lies in a table of its own: no read model selects it, the audit trail
-- does not see it, and of the database's roles only the program's can read it.
create table second_factor (
    person       uuid primary key references person,
    secret       bytea not null check (octet_length(secret) >= 16),
    -- Null: shown, but no code of it was typed yet.
    confirmed_at timestamptz,
    -- The time step of the last code taken; each counts once (RFC 6238, 5.2).
    last_step    bigint not null default 0
);
grant select, insert, update, delete on second_factor to inventory;

-- For who lost the authenticator: each opens once. SHA-256 of 80 random bits.
create table recovery_code (
    person    uuid not null references person,
    code_hash bytea not null check (octet_length(code_hash) = 32),
    primary key (person, code_hash)
);
grant select, insert, delete on recovery_code to inventory;
