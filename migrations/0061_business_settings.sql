-- Older versions may start.
-- Settings that an owner chooses in the console (server/console/business): the language of new members and of pages for persons, and
-- for how many days the log of requests is kept.

alter table businesses add column language text not null default 'th';
alter table businesses add column requests_kept_days int not null default 90;
alter table businesses add constraint businesses_language check (language in ('th', 'en')) not valid;
alter table businesses add constraint businesses_requests_kept check (requests_kept_days between 7 and 90) not valid;
alter table businesses validate constraint businesses_language;
alter table businesses validate constraint businesses_requests_kept;

-- Batches that were accepted in part: their reason is in request_log. The hours are needed to find them.
alter table request_figures add column partly int not null default 0;
