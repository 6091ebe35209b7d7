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

param copies{GROUPS}, integer, >= 1;
param value{OPTIONAL}, integer;                          # of one copy that is left out [money units]
param late_slope{GROUPS}, integer;                       # [money units per slot]
param late_base{GROUPS}, integer;                        # [money units]
param group{OPTIONS}, symbolic, in GROUPS;
param duration{OPTIONS}, integer, >= 1;                  # [slots]
param fixed{OPTIONS}, integer;                           # [money units]
param first{OPTIONS}, integer, >= 0;                     # earliest start [slot]
param last{o in OPTIONS}, integer, >= first[o];          # latest start [slot]
param demand{HOLDS}, integer, >= 1;                      # [demand units]
param capacity{ROWS, 0..T-1}, integer, default -1;       # -1: nothing limits it [demand units]
param price{ROWS, 0..T-1}, integer, default 0;           # [money units per demand unit and slot]
param lag{EDGES}, integer;                               # [slots]

# --- window: an option starts between its first and its last slot -----------------------------------

set COLUMNS, dimen 2 := setof{o in OPTIONS, s in first[o] .. last[o]} (o, s);

# --- cost: what one copy costs that runs option o from slot s ---------------------------------------

param cost{(o, s) in COLUMNS} :=
    fixed[o]
    + sum{(o, k) in HOLDS, t in s .. s + duration[o] - 1} demand[o, k] * price[k, t]
    + max(0, late_slope[group[o]] * (s + duration[o]) - late_base[group[o]]);

var x{(o, s) in COLUMNS}, integer, >= 0, <= copies[group[o]];    # copies that run option o from slot s
var z{g in OPTIONAL}, integer, >= 0, <= copies[g];               # copies that are left out

minimize total_cost:
    sum{(o, s) in COLUMNS} cost[o, s] * x[o, s] + sum{g in OPTIONAL} value[g] * z[g];

# --- once: every copy runs once, or is left out where that is allowed -------------------------------

s.t. once{g in GROUPS}:
    sum{(o, s) in COLUMNS: group[o] = g} x[o, s] + sum{h in OPTIONAL: h = g} z[h] = copies[g];

# --- capacity: what is at work in a slot fits -------------------------------------------------------

s.t. capacity_of{k in ROWS, t in 0..T-1: capacity[k, t] >= 0}:
    sum{(o, k) in HOLDS, (o, s) in COLUMNS: s <= t and t < s + duration[o]} demand[o, k] * x[o, s]
    <= capacity[k, t];

# --- precedence: the later group starts `lag` slots after the earlier one has ended -----------------
# latest[i] is the last slot at which group i can end: enough to keep the row when j is left out.

param latest{i in GROUPS} := max(0, max{o in OPTIONS: group[o] = i} (last[o] + duration[o]));

s.t. precedence{(i, j) in EDGES}:
    sum{(o, s) in COLUMNS: group[o] = j} s * x[o, s] + sum{h in OPTIONAL: h = j} (latest[i] + lag[i, j]) * z[h]
    >= sum{(o, s) in COLUMNS: group[o] = i} (s + duration[o]) * x[o, s] + lag[i, j];

# ... and it runs only if the earlier one runs.

s.t. precedence_runs{(i, j) in EDGES: i in OPTIONAL}:
    sum{(o, s) in COLUMNS: group[o] = i} x[o, s] >= sum{(o, s) in COLUMNS: group[o] = j} x[o, s];

solve;

printf "total_cost %.0f\n", total_cost;

end;
