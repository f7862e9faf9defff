-- What a small ThingDB 1.4 holds, in its own tables; one text is what its own restore would have run.
create table items (
    guid varchar(36) primary key, item_name varchar(255), description text, source_url text,
    created_date timestamp default now(), updated_date timestamp default now(),
    parent_guid varchar(36) references items on delete set null, embedding_vector text, label_number int
);
create table images (
    id serial primary key, item_guid varchar(36) references items on delete cascade, filename varchar(255),
    image_data text, thumbnail_data text, preview_data text, content_type varchar(100), rotation_degrees int default 0,
    is_primary boolean default false, upload_date timestamp default now(), description text, ocr_text text,
    ai_description text, image_path text, thumbnail_path text, preview_path text
);
create table categories (id serial primary key, item_guid varchar(36) references items on delete cascade, category_name varchar(100));
create table qr_aliases (id serial primary key, qr_code varchar(255) unique, item_guid varchar(36) references items on delete cascade);
create table text_content (id serial primary key, item_guid varchar(36), content text);
create table _schema_version (version int, description text, applied_at timestamp default now());
create sequence label_number_seq start 1;
insert into _schema_version values (1, 'Initial schema');
insert into items (guid, item_name, description, parent_guid, label_number) values
    ('0D9A3C1E-0000-4000-8000-00000000000A', 'Old shelf', 'the one by the door', null, 1),
    ('0d9a3c1e-0000-4000-8000-00000000000b', 'Wing nut from the old system', E'brass\n\\! touch /var/tmp/executed', '0D9A3C1E-0000-4000-8000-00000000000A', 2),
    ('0d9a3c1e-0000-4000-8000-00000000000c', 'note about CREATE DATABASE command', '', null, 3);
insert into categories (item_guid, category_name) values ('0d9a3c1e-0000-4000-8000-00000000000b', 'fasteners');
insert into qr_aliases (qr_code, item_guid) values ('OLD-LABEL-1', '0d9a3c1e-0000-4000-8000-00000000000b');
insert into images (item_guid, filename, content_type, is_primary, image_path) values
    ('0d9a3c1e-0000-4000-8000-00000000000b', 'wing-nut.bmp', 'image/bmp', true, '/var/lib/thingdb/images/wing-nut.bmp');
