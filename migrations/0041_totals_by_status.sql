-- Computes the new totals from all sales.
--
-- Locks: sales and reports can be read and not written meanwhile. Every writer of sales also writes totals, so none can change
-- a sale between this computation and the end of the transaction.
--
-- Processes of older versions do not know these totals. They can no longer write sales, because the columns lose their default.
lock table sales_totals in share row exclusive mode;

insert into sales_totals as known (business_id, branch_id, period, starts_on, total_orders, total_revenue, total_subtotal,
  total_discount, total_tax, total_service_charge, total_refunded, total_returns, open_orders, completed_orders,
  partially_refunded_orders, refunded_orders, voided_orders)
select business_id, branch_id, period, date_trunc(period, business_date::timestamp)::date as starts_on, 0, 0, 0, 0, 0, 0, 0,
  sum(returned), sum(is_open), sum(completed), sum(partially_refunded), sum(refunded), sum(voided)
from (
  select business_id, branch_id, business_date,
    coalesce(sum(total_amount) filter (where status = 'COMPLETED' and total_amount < 0), 0) as returned,
    count(*) filter (where status = 'OPEN') as is_open,
    count(*) filter (where status = 'COMPLETED') as completed,
    count(*) filter (where status = 'PARTIALLY_REFUNDED') as partially_refunded,
    count(*) filter (where status = 'REFUNDED') as refunded,
    count(*) filter (where status = 'VOIDED') as voided
  from sales
  group by business_id, branch_id, business_date) as days, unnest(array['day', 'month']) as period
group by business_id, branch_id, period, starts_on
on conflict (business_id, branch_id, period, starts_on) do update set
  total_returns = excluded.total_returns,
  open_orders = excluded.open_orders,
  completed_orders = excluded.completed_orders,
  partially_refunded_orders = excluded.partially_refunded_orders,
  refunded_orders = excluded.refunded_orders,
  voided_orders = excluded.voided_orders;

alter table sales_totals alter column total_tips drop default;
alter table sales_totals alter column total_charges drop default;
alter table sales_totals alter column total_returns drop default;
alter table sales_totals alter column total_other drop default;
alter table sales_totals alter column open_orders drop default;
alter table sales_totals alter column completed_orders drop default;
alter table sales_totals alter column partially_refunded_orders drop default;
alter table sales_totals alter column refunded_orders drop default;
alter table sales_totals alter column voided_orders drop default;
