# Allocation of AI workloads to pools over time at least cost, in GNU MathProg.
#
# The specification of the model: models/README.md derives it rule by rule, leptonopt/formulation.py
# builds the same. `leptonopt convert FILE -o data.dat` writes the data section; solve it with
#
#     glpsol --model models/allocation.mod --data data.dat
#
# Slots are half-open: option o started in slot s is at work in slots s, ..., s + duration[o] - 1.

param T, integer, >= 1;                                  # slots of the horizon

set GROUPS;                                              # groups of identical tasks
set ROWS;                                                # a resource of a pool
set OPTIONS;                                             # ways to run a task of a group
set COLUMNS, dimen 2;                                    # (option, start slot): rule `window`
set OPTIONAL, within GROUPS;                             # groups that may be left out
set EDGES, within {GROUPS, GROUPS};                      # (earlier, later)
set HOLDS, within {OPTIONS, ROWS};                       # rows on which an option has a demand

param copies{GROUPS}, integer, >= 1;
param value{OPTIONAL}, integer;                          # cost of leaving one copy out [money units]
param group{OPTIONS}, symbolic, in GROUPS;
param duration{OPTIONS}, integer, >= 1;                  # [slots]
param demand{HOLDS}, integer, >= 1;                      # [demand units]
param cost{COLUMNS}, integer;                            # of one copy [money units]
param lag{EDGES}, integer;                               # [slots]
param capacity{ROWS, 0..T-1}, integer, default -1;       # -1: nothing limits it [demand units]

var x{(o, s) in COLUMNS}, integer, >= 0, <= copies[group[o]];    # copies that run option o from slot s
var z{g in OPTIONAL}, integer, >= 0, <= copies[g];               # copies that are left out

minimize total_cost:
    sum{(o, s) in COLUMNS} cost[o, s] * x[o, s] + sum{g in OPTIONAL} value[g] * z[g];

s.t. once{g in GROUPS}:
    sum{(o, s) in COLUMNS: group[o] = g} x[o, s] + (if g in OPTIONAL then z[g] else 0) = copies[g];

s.t. capacity_of{k in ROWS, t in 0..T-1: capacity[k, t] >= 0}:
    sum{(o, s) in COLUMNS: s <= t and t < s + duration[o] and (o, k) in HOLDS} demand[o, k] * x[o, s]
    <= capacity[k, t];

# A later group starts `lag` slots after the earlier one has ended; it need not when it is left out ...
s.t. precedence{(i, j) in EDGES}:
    sum{(o, s) in COLUMNS: group[o] = j} s * x[o, s]
    + (if j in OPTIONAL then (T + lag[i, j]) * z[j] else 0)
    >= sum{(o, s) in COLUMNS: group[o] = i} (s + duration[o]) * x[o, s] + lag[i, j];

# ... and it runs only if the earlier one runs. (Groups with edges have one copy.)
s.t. precedence_runs{(i, j) in EDGES: i in OPTIONAL}:
    sum{(o, s) in COLUMNS: group[o] = i} x[o, s] >= sum{(o, s) in COLUMNS: group[o] = j} x[o, s];

solve;

printf "total_cost %d\n", total_cost;

end;
