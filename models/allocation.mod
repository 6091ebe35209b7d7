# Allocation of AI workloads to pools over time at least cost, in GNU MathProg.
#
# The specification of the model: models/README.md derives it rule by rule under the same names, and
# leptonopt/formulation.py builds the same. `leptonopt convert FILE -o data.dat` writes the data; then
#
#     glpsol --model models/allocation.mod --data data.dat
#
# Slots are half-open: option o started in slot s is at work in slots s, ..., s + duration[o] - 1
# and ends at s + duration[o].

param T, integer, >= 0;                                  # slots of the horizon

set GROUPS;                                              # groups of identical tasks
set OPTIONAL, within GROUPS;                             # groups whose copies may be left out
set OPTIONS;                                             # ways to run a task of a group
set ROWS;                                                # a resource of a pool
set HOLDS, dimen 2, within OPTIONS cross ROWS;           # rows on which an option has a demand
set EDGES, dimen 2, within GROUPS cross GROUPS;          # (earlier, later); both have one copy
set CLOSE, dimen 2, within EDGES;                        # edges with a greatest lag
set KINDS;                                               # kinds of nodes that are rented whole
set SUPPLIES, dimen 2, within KINDS cross ROWS;          # rows to which a usable node of a kind adds capacity
set QUOTAS;                                              # limits on what is used, and what meters price
set METERS, within QUOTAS;                               # meters: prices by tiers of what is used
set TIERS, dimen 2;                                      # (meter, tier), tiers from 0 on
set SAVINGS;                                             # savings plans: money committed in steps, for lower prices
set HOURS, dimen 2;                                      # (plan, window): the hours in which a plan is filled
set LINES, dimen 3;                                      # (plan, window, line): linear functions of a window's cost
set POOLS;
set TOGETHER, dimen 2;                                   # (set, group): the groups of a set share a pool
set APART, dimen 2;                                      # (set, group): no two copies of a set share a pool

param copies{GROUPS}, integer, >= 1;
param value{OPTIONAL}, integer;                          # of one copy that is left out [money units]
param late_slope{GROUPS}, integer;                       # [money units per slot]
param late_base{GROUPS}, integer;                        # [money units]
param late_once{GROUPS}, integer;                        # [money units]
param late_after{GROUPS}, integer;                       # [slots]
param early_slope{GROUPS}, integer;                      # [money units per slot]
param early_base{GROUPS}, integer;                       # [money units]
param group{OPTIONS}, symbolic, in GROUPS;
param pool{OPTIONS}, symbolic, in POOLS;
param duration{OPTIONS}, integer, >= 0;                  # [slots]; 0: a milestone, which holds nothing
param fixed{OPTIONS}, integer;                           # [money units]
param first{OPTIONS}, integer, >= 0;                     # earliest start [slot]
param last{o in OPTIONS}, integer, >= first[o];          # latest start [slot]
param demand{HOLDS}, integer, >= 1;                      # [demand units]
param capacity{ROWS, 0..T-1}, integer, default -1;       # -1: nothing limits it [demand units]
param price{ROWS, 0..T-1}, integer, default 0;           # [money units per demand unit and slot]
param lag{EDGES}, integer;                               # [slots]
param most{CLOSE}, integer;                              # [slots]

param count{KINDS, 0..T-1}, integer, default 0;          # nodes there are
param on_demand{KINDS}, binary;                          # whether more than committed and reserved ones can be had
param reserved{KINDS}, integer;
param commit_max{KINDS}, integer;
param boot{KINDS}, integer;                              # [slots]
param minimum{KINDS}, integer;                           # [slots]
param nodes_running{KINDS}, integer, default 0;              # nodes on when slot 0 begins
param rest{KINDS}, integer, default 0;                    # what is switched off stays off so long [slots]
param nodes_young{KINDS, 0..T-1}, integer, default 0;    # nodes within their minimum time, from before slot 0
param least{SUPPLIES, 0..T-1}, integer, default 0;       # what must be in use of a node that is on [demand units]
param size{SUPPLIES}, integer, >= 1;                     # [demand units]
param demand_price{KINDS, 0..T-1}, integer, default 0;   # per node on demand and slot [money units]
param on_price{KINDS, 0..T-1}, integer, default 0;       # per node on and slot
param start_price{KINDS, 0..T-1}, integer, default 0;    # per node switched on at the beginning of a slot
param stop_price{KINDS, 0..T-1}, integer, default 0;     # per node switched off at the end of a slot
param commit_price{KINDS}, integer;                      # per node committed, for the whole horizon

param limit{QUOTAS}, integer;                            # [units of the quota, as all that follows]
param rate{QUOTAS, ROWS, 0..T-1}, integer, default 0;    # per demand unit on a row and slot
param once_use{QUOTAS, OPTIONS}, integer, default 0;         # per run that starts in ...
param opens{QUOTAS}, integer;                            # ... this slot
param closes{QUOTAS}, integer;                           # ... to that one
param demand_use{QUOTAS, KINDS, 0..T-1}, integer, default 0;
param on_use{QUOTAS, KINDS, 0..T-1}, integer, default 0;
param start_use{QUOTAS, KINDS, 0..T-1}, integer, default 0;
param stop_use{QUOTAS, KINDS, 0..T-1}, integer, default 0;
param commit_use{QUOTAS, KINDS}, integer, default 0;
param tier_size{TIERS}, integer, >= 0;                   # what a tier of a meter holds
set STARTS, dimen 2;                                     # of a savings plan: from when on steps can be committed
param savings_steps{STARTS}, integer, >= 0;              # that can be committed then
param line_price{LINES, METERS}, integer, default 0;     # per unit of use [money units]
param line_step{(p, h, j) in LINES, (p, i) in STARTS}, integer;        # per step committed [money units]
param line_base{LINES}, integer;                         # [money units]
param tier_price{TIERS}, integer, >= 0;                  # per unit of use [money units]
param least_money{METERS}, integer, >= 0;                # that a meter costs [money units]

set SERVICES;
set WAYS;                                                # ways to run a replica of a service
set CLASSES;                                             # classes of requests of a service
set BATCHES;                                             # offline requests of a service
set SURVIVALS;                                           # what must be served when the ways of a zone are gone
#                                                          ... or when some of their replicas fail
set KEPT, dimen 2, within SURVIVALS cross WAYS;          # the ways that are left
set REPLICA_HOLDS, dimen 2, within WAYS cross ROWS;      # rows of which a replica that is on holds something

param service{WAYS}, symbolic, in SERVICES;
param class_service{CLASSES}, symbolic, in SERVICES;
param batch_service{BATCHES}, symbolic, in SERVICES;
param survival_service{SURVIVALS}, symbolic, in SERVICES;
param failed{KEPT}, integer, default 0;                  # usable replicas that fail
param hold{REPLICA_HOLDS}, integer, >= 1;                # [demand units of the row]
param replicas_most{WAYS, 0..T-1}, integer, default 0;   # replicas that can be on
param replicas_limit{SERVICES, 0..T-1}, integer, default 0;    # the same over the ways of a service
param replica_running{WAYS}, integer, >= 0;              # replicas on, and usable, before the first slot
param replica_boot{WAYS}, integer;                       # [slots]
param replica_minimum{WAYS}, integer;                    # [slots]
param way_least{WAYS}, integer;                          # usable replicas at any time
param service_least{SERVICES}, integer;                  # the same over the ways of a service
param replica_on_price{WAYS, 0..T-1}, integer, default 0;      # as for nodes
param replica_start_price{WAYS, 0..T-1}, integer, default 0;
param replica_stop_price{WAYS, 0..T-1}, integer, default 0;
param replica_on_use{QUOTAS, WAYS, 0..T-1}, integer, default 0;
param replica_start_use{QUOTAS, WAYS, 0..T-1}, integer, default 0;
param replica_stop_use{QUOTAS, WAYS, 0..T-1}, integer, default 0;
param requests{CLASSES, 0..T-1}, integer, default 0;     # demand [units of the service, as all rates]
param full{WAYS, CLASSES}, integer, default 0;           # a replica that serves a class alone: at most,
param planned{WAYS, CLASSES}, integer, default 0;        # ... with headroom,
param offline{WAYS, CLASSES}, integer, default 0;        # ... and of batches
param missed_price{CLASSES}, integer, default -1;        # of a unit missed for a slot; -1: all must be served
param missed_step{SERVICES}, integer;                    # in steps of so many of its units the cost is rounded up
param step_price{SERVICES}, integer;                     # of a step [money units]
param whole{SERVICES}, binary;                           # whether a class is served by one way at a time
param one_way{SERVICES}, binary;                         # whether only one way is ever on
param fills{SERVICES}, binary;                           # whether batches may use the headroom
param batch_first{BATCHES}, integer;                     # [slot]
param batch_last{BATCHES}, integer;                      # [slot]
param batch_optional{BATCHES}, binary;
param batch_value{BATCHES}, integer;                     # of a batch left out [money units]
param amount{BATCHES, CLASSES}, integer, default 0;      # [demand units times slots]

# --- window: an option starts between its first and its last slot -----------------------------------

set COLUMNS, dimen 2 := setof{o in OPTIONS, s in first[o] .. last[o]} (o, s);

# --- cost: what one copy costs that runs option o from slot s ---------------------------------------

param cost{(o, s) in COLUMNS} :=
    fixed[o]
    + sum{(o, k) in HOLDS, t in s .. s + duration[o] - 1} demand[o, k] * price[k, t]
    + max(0, late_slope[group[o]] * (s + duration[o]) - late_base[group[o]])
    + (if s + duration[o] > late_after[group[o]] then late_once[group[o]] else 0)
    + max(0, early_base[group[o]] - early_slope[group[o]] * (s + duration[o]));

var x{(o, s) in COLUMNS}, integer, >= 0, <= copies[group[o]];    # copies that run option o from slot s
var z{g in OPTIONAL}, integer, >= 0, <= copies[g];               # copies that are left out

var n{m in KINDS, t in 0..T-1}, integer, >= 0, <= count[m, t];   # nodes on
var w{m in KINDS, t in 0..T-1}, integer, >= 0, <= on_demand[m] * count[m, t];    # nodes paid on demand
var u{m in KINDS, t in 0..T-1}, integer, >= 0, <= count[m, t];   # nodes switched on at the beginning of t
var v{m in KINDS, t in 0..T-1}, integer, >= 0, <= count[m, t];   # nodes switched off at the end of t
var d{m in KINDS}, integer, >= 0, <= nodes_running[m];               # nodes switched off as slot 0 begins
var c{m in KINDS}, integer, >= 0, <= commit_max[m];              # nodes committed for the whole horizon

var replicas{i in WAYS, t in 0..T-1}, integer, >= 0, <= replicas_most[i, t];       # on
var replicas_up{i in WAYS, t in 0..T-1}, integer, >= 0, <= replicas_most[i, t];    # switched on at the beginning of t
var replicas_down{i in WAYS, t in 0..T-1}, integer, >= 0, <= replicas_most[i, t];    # switched off at the end of t
var paid{i in SERVICES, t in 0..T-1}, integer, >= 0;                     # steps of the cost of requests missed
var done{j in BATCHES}, binary;                                          # batches that are done

var used{QUOTAS};                                                        # what is used of a quota or a meter
var held{(m, k) in TIERS}, integer, >= 0, <= tier_size[m, k];            # what a tier of a meter holds
var steps{(p, i) in STARTS}, integer, >= 0, <= savings_steps[p, i]; # committed
var beyond{HOURS}, >= 0;                                            # what a window costs beyond its lower prices
var topped{METERS}, >= 0;                                                # what a meter costs beyond its tiers, for its minimum
var tier_full{TIERS}, binary;                                            # tiers that may be followed by others

minimize total_cost:
    sum{(o, s) in COLUMNS} cost[o, s] * x[o, s] + sum{g in OPTIONAL} value[g] * z[g]
    + sum{m in KINDS, t in 0..T-1} (demand_price[m, t] * w[m, t] + on_price[m, t] * n[m, t]
        + start_price[m, t] * u[m, t] + stop_price[m, t] * v[m, t])
    + sum{m in KINDS} (commit_price[m] * c[m] + stop_price[m, 0] * d[m])
    + sum{i in WAYS, t in 0..T-1} (replica_on_price[i, t] * replicas[i, t]
        + replica_start_price[i, t] * replicas_up[i, t] + replica_stop_price[i, t] * replicas_down[i, t])
    + sum{(i, k) in REPLICA_HOLDS, t in 0..T-1} hold[i, k] * price[k, t] * replicas[i, t]
    + sum{i in SERVICES, t in 0..T-1} step_price[i] * paid[i, t]
    + sum{j in BATCHES} batch_value[j] * (1 - done[j])
    + sum{(m, k) in TIERS} tier_price[m, k] * held[m, k] + sum{m in METERS} topped[m]
    + sum{(p, h) in HOURS} beyond[p, h];

# --- once: every copy runs once, or is left out where that is allowed -------------------------------

s.t. once{g in GROUPS}:
    sum{(o, s) in COLUMNS: group[o] = g} x[o, s] + sum{h in OPTIONAL: h = g} z[h] = copies[g];

# --- capacity: what is at work in a slot fits -------------------------------------------------------

s.t. capacity_of{k in ROWS, t in 0..T-1: capacity[k, t] >= 0}:
    sum{(o, k) in HOLDS, (o, s) in COLUMNS: s <= t and t < s + duration[o]} demand[o, k] * x[o, s]
    + sum{(i, k) in REPLICA_HOLDS} hold[i, k] * replicas[i, t]
    <= capacity[k, t];

# --- nodes: what is at work fits what usable nodes offer; they are paid, switched on and off ------------

set SUPPLIED := setof{(m, k) in SUPPLIES} k;                     # rows that nodes supply

s.t. nodes_supply{k in SUPPLIED, t in 0..T-1}:
    sum{(o, k) in HOLDS, (o, s) in COLUMNS: s <= t and t < s + duration[o]} demand[o, k] * x[o, s]
    + sum{(i, k) in REPLICA_HOLDS} hold[i, k] * replicas[i, t]
    <= sum{(m, k) in SUPPLIES} size[m, k] * (n[m, t] - sum{b in max(0, t - boot[m] + 1)..t} u[m, b]);

s.t. nodes_paid{m in KINDS, t in 0..T-1}: n[m, t] <= reserved[m] + c[m] + w[m, t];
s.t. nodes_started{m in KINDS, t in 0..T-1}: u[m, t] >= n[m, t] - (if t > 0 then n[m, t-1] else nodes_running[m]);
s.t. nodes_stay{m in KINDS, t in 0..T-1: nodes_young[m, t] > 0}: n[m, t] >= nodes_young[m, t];
s.t. nodes_dropped{m in KINDS}: d[m] >= nodes_running[m] - n[m, 0];
s.t. nodes_stopped{m in KINDS, t in 0..T-1}: v[m, t] >= n[m, t] - (if t < T - 1 then n[m, t+1]);
s.t. nodes_off{m in KINDS, t in 0..T-1: rest[m] > 0}:
    n[m, t] + sum{b in max(1, t - rest[m] + 1)..t} v[m, b-1] + (if t < rest[m] then d[m]) <= max(nodes_running[m], max{b in 0..T-1} count[m, b]);
s.t. nodes_load{k in SUPPLIED, t in 0..T-1: exists{(m, k) in SUPPLIES} least[m, k, t] > 0}:
    sum{(o, k) in HOLDS, (o, s) in COLUMNS: s <= t and t < s + duration[o]} demand[o, k] * x[o, s]
    >= sum{(m, k) in SUPPLIES} least[m, k, t] * n[m, t];
s.t. nodes_minimum{m in KINDS, t in 0..T-1: minimum[m] > 1}:
    n[m, t] >= sum{b in max(0, t - minimum[m] + 1)..t} u[m, b];

# --- precedence: the later group starts `lag` slots after the earlier one has ended -----------------
# latest[i] is the last slot at which group i can end: enough to keep the row when j is left out.

param latest{i in GROUPS} := max(0, max{o in OPTIONS: group[o] = i} (last[o] + duration[o]));

s.t. precedence{(i, j) in EDGES}:
    sum{(o, s) in COLUMNS: group[o] = j} s * x[o, s] + sum{h in OPTIONAL: h = j} (latest[i] + lag[i, j]) * z[h]
    >= sum{(o, s) in COLUMNS: group[o] = i} (s + duration[o]) * x[o, s] + lag[i, j];

# ... and at most `most` slots after; left out, its sum is 0, which keeps the row.

s.t. precedence_most{(i, j) in CLOSE}:
    sum{(o, s) in COLUMNS: group[o] = j} s * x[o, s]
    <= sum{(o, s) in COLUMNS: group[o] = i} (s + duration[o]) * x[o, s] + most[i, j];

# ... and it runs only if the earlier one runs.

s.t. precedence_runs{(i, j) in EDGES: i in OPTIONAL}:
    sum{(o, s) in COLUMNS: group[o] = i} x[o, s] >= sum{(o, s) in COLUMNS: group[o] = j} x[o, s];

# --- quota: what runs and what nodes use is at most the limit ------------------------------------------

s.t. quota_use{q in QUOTAS}:
    sum{(o, s) in COLUMNS} x[o, s] * (
        sum{(o, k) in HOLDS, t in s .. s + duration[o] - 1} demand[o, k] * rate[q, k, t]
        + (if opens[q] <= s and s <= closes[q] then once_use[q, o] else 0))
    + sum{m in KINDS, t in 0..T-1} (demand_use[q, m, t] * w[m, t] + on_use[q, m, t] * n[m, t]
        + start_use[q, m, t] * u[m, t] + stop_use[q, m, t] * v[m, t])
    + sum{m in KINDS} (commit_use[q, m] * c[m] + stop_use[q, m, 0] * d[m])
    + sum{i in WAYS, t in 0..T-1} (replica_on_use[q, i, t] * replicas[i, t]
        + replica_start_use[q, i, t] * replicas_up[i, t]
        + replica_stop_use[q, i, t] * replicas_down[i, t])
    + sum{(i, k) in REPLICA_HOLDS, t in 0..T-1} hold[i, k] * rate[q, k, t] * replicas[i, t]
    = used[q];
s.t. quota{q in QUOTAS}: used[q] <= limit[q];

# --- cost: tiers of a meter hold what is used, one after the other --------------------------------------

s.t. meter{m in METERS}: sum{(m, k) in TIERS} held[m, k] = used[m];
s.t. meter_minimum{m in METERS}: sum{(m, k) in TIERS} tier_price[m, k] * held[m, k] + topped[m] >= least_money[m];
s.t. tier_is_full{(m, k) in TIERS}: held[m, k] >= tier_size[m, k] * tier_full[m, k];
s.t. tier_follows{(m, k) in TIERS: k > 0}: held[m, k] <= tier_size[m, k] * tier_full[m, k - 1];

# --- cost: a window of a savings plan costs the largest of its lines -------------------------------------

s.t. savings{(p, h, j) in LINES}:
    beyond[p, h] >= sum{m in METERS} line_price[p, h, j, m] * used[m]
        + sum{(p, i) in STARTS} line_step[p, h, j, i] * steps[p, i] + line_base[p, h, j];

# --- affinity: groups of a set on one pool; copies kept apart on different ones -------------------------

set SHARED := setof{(i, g) in TOGETHER} i;
set SPREAD := setof{(i, g) in APART} i;
var y{SHARED, POOLS}, binary;                                    # set i runs on pool p

s.t. together{(i, g) in TOGETHER, p in POOLS}:
    sum{(o, s) in COLUMNS: group[o] = g and pool[o] = p} x[o, s] <= copies[g] * y[i, p];
s.t. together_once{i in SHARED}: sum{p in POOLS} y[i, p] <= 1;
s.t. apart_of{i in SPREAD, p in POOLS}:
    sum{(i, g) in APART, (o, s) in COLUMNS: group[o] = g and pool[o] = p} x[o, s] <= 1;

# --- replicas: switched on and off as nodes are; as many usable ones as are asked for -------------------

s.t. replicas_started{i in WAYS, t in 0..T-1}:
    replicas_up[i, t] >= replicas[i, t] - (if t > 0 then replicas[i, t-1] else replica_running[i]);
s.t. replicas_stopped{i in WAYS, t in 0..T-1}:
    replicas_down[i, t] >= replicas[i, t] - (if t < T - 1 then replicas[i, t+1]);
s.t. replicas_stay{i in WAYS, t in 0..T-1: replica_minimum[i] > 1}:
    replicas[i, t] >= sum{b in max(0, t - replica_minimum[i] + 1)..t} replicas_up[i, b];
s.t. replicas_together{i in SERVICES, t in 0..T-1}:
    sum{j in WAYS: service[j] = i} replicas[j, t] <= replicas_limit[i, t];

var usable{i in WAYS, t in 0..T-1}, >= 0;
s.t. replicas_usable{i in WAYS, t in 0..T-1}:
    usable[i, t] = replicas[i, t] - sum{b in max(0, t - replica_boot[i] + 1)..t} replicas_up[i, b];
s.t. replicas_least{i in WAYS, t in 0..T-1}: usable[i, t] >= way_least[i];
s.t. replicas_least_of{i in SERVICES, t in 0..T-1}: sum{j in WAYS: service[j] = i} usable[j, t] >= service_least[i];

set ALONE := setof{i in WAYS: one_way[service[i]]} i;
var chosen{ALONE}, binary;                                       # the way of a service that is ever on
s.t. replicas_one_way{i in ALONE, t in 0..T-1}: replicas[i, t] <= replicas_most[i, t] * chosen[i];
s.t. replicas_one{i in SERVICES: one_way[i]}: sum{j in ALONE: service[j] = i} chosen[j] <= 1;

# --- serve: usable replicas serve all requests that are not missed -------------------------------------
# `serving` is the time of replicas that a way gives to a class: with each it serves `planned` requests.

set SERVED, dimen 2 := setof{i in WAYS, b in CLASSES: planned[i, b] > 0} (i, b);
set PRICED := setof{b in CLASSES: missed_price[b] >= 0} b;
var serving{SERVED, 0..T-1}, >= 0;
var missed{PRICED, 0..T-1}, >= 0;

s.t. serve{b in CLASSES, t in 0..T-1}:
    sum{(i, b) in SERVED} planned[i, b] * serving[i, b, t] + sum{a in PRICED: a = b} missed[a, t] = requests[b, t];
s.t. serve_within{i in WAYS, t in 0..T-1}: sum{(i, b) in SERVED} serving[i, b, t] <= usable[i, t];
s.t. serve_missed{i in SERVICES, t in 0..T-1}:
    sum{b in PRICED: class_service[b] = i} missed_price[b] * missed[b, t] <= missed_step[i] * paid[i, t];

set WHOLE, dimen 2 := setof{(i, b) in SERVED: whole[service[i]]} (i, b);
var of_way{WHOLE, 0..T-1}, binary;                               # the way that serves a class in a slot
s.t. serve_whole{(i, b) in WHOLE, t in 0..T-1}: planned[i, b] * serving[i, b, t] <= requests[b, t] * of_way[i, b, t];
s.t. serve_by_one{b in CLASSES, t in 0..T-1: whole[class_service[b]]}: sum{(i, b) in WHOLE} of_way[i, b, t] <= 1;

# ... and so does what is left of them when a zone is gone, or when replicas fail.

set LEFT, dimen 3 := setof{(e, i) in KEPT, (i, b) in SERVED} (e, i, b);
var surviving{LEFT, 0..T-1}, >= 0;
s.t. survive{e in SURVIVALS, b in CLASSES, t in 0..T-1: class_service[b] = survival_service[e]}:
    sum{(e, i, b) in LEFT} planned[i, b] * surviving[e, i, b, t] = requests[b, t];
s.t. survive_within{(e, i) in KEPT, t in 0..T-1: failed[e, i] = 0}:
    sum{(e, i, b) in LEFT} surviving[e, i, b, t] <= usable[i, t];

set FAILING, dimen 2 := setof{(e, i) in KEPT: failed[e, i] > 0} (e, i);
var there{FAILING, 0..T-1}, binary;                              # whether so many are usable as fail
var working{FAILING, 0..T-1}, >= 0;                              # max(0, usable - failed), at most
s.t. fail{(e, i) in FAILING, t in 0..T-1}: working[e, i, t] + failed[e, i] * there[e, i, t] <= usable[i, t];
s.t. fail_all{(e, i) in FAILING, t in 0..T-1}: working[e, i, t] <= replicas_most[i, t] * there[e, i, t];
s.t. survive_failing{(e, i) in FAILING, t in 0..T-1}:
    sum{(e, i, b) in LEFT} surviving[e, i, b, t] <= working[e, i, t];

set LEFT_WHOLE, dimen 3 := setof{(e, i, b) in LEFT: whole[service[i]]} (e, i, b);
var left_way{LEFT_WHOLE, 0..T-1}, binary;
s.t. survive_whole{(e, i, b) in LEFT_WHOLE, t in 0..T-1}:
    planned[i, b] * surviving[e, i, b, t] <= requests[b, t] * left_way[e, i, b, t];
s.t. survive_by_one{e in SURVIVALS, b in CLASSES, t in 0..T-1: whole[class_service[b]]}:
    sum{(e, i, b) in LEFT_WHOLE} left_way[e, i, b, t] <= 1;

# --- batches: done in their windows by what usable replicas have left ----------------------------------

set FILLS, dimen 3 := setof{j in BATCHES, i in WAYS, b in CLASSES:
    service[i] = batch_service[j] and offline[i, b] > 0 and amount[j, b] > 0} (j, i, b);
var filling{(j, i, b) in FILLS, t in batch_first[j]..batch_last[j]}, >= 0;    # time of replicas

s.t. batches{j in BATCHES, b in CLASSES: amount[j, b] > 0}:
    sum{(j, i, b) in FILLS, t in batch_first[j]..batch_last[j]} offline[i, b] * filling[j, i, b, t]
    >= amount[j, b] * done[j];
s.t. batches_must{j in BATCHES: not batch_optional[j]}: done[j] = 1;
s.t. batches_within{i in WAYS, t in 0..T-1}:
    sum{(i, b) in SERVED} (if fills[service[i]] then planned[i, b] / full[i, b] else 1) * serving[i, b, t]
    + sum{(j, i, b) in FILLS: batch_first[j] <= t and t <= batch_last[j]} filling[j, i, b, t] <= usable[i, t];

solve;

printf "total_cost %.0f\n", total_cost;

end;
