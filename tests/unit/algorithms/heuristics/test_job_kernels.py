"""Insertion, removal and the cheapest column of compiled kernels, against the slower ones in Python."""

import numpy as np

from leptonopt.algorithms.heuristics.job_arrays import JobSet
from leptonopt.algorithms.heuristics.job_kernels import enter
from leptonopt.problem.feasibility import violated_rules
from leptonopt.problem.schedule import column_costs, usage
from tests.helpers.job_states import list_schedule, listed, problems
from tests.helpers.small_problems import group, option, problem


def test_free_capacity_and_cost_are_those_of_the_schedule():
    for made in problems():
        jobs, state = listed(made)
        found = jobs.schedule(state.option, state.start)
        assert (state.free == made.capacity - usage(made, found)).all()
        assert state.total[0] == float(column_costs(made, found.option, found.start) @ found.count)


def test_a_list_schedule_breaks_no_rule_but_those_that_carry_a_penalty():
    for made in problems():
        jobs, state = listed(made)
        assert violated_rules(made, jobs.schedule(state.option, state.start)) <= {"once", "quota", "nodes"}


def test_entering_columns_gives_the_state_they_came_from():
    for made in problems(30):
        jobs, state = listed(made)
        again = jobs.state()
        enter(jobs.arrays, again, state.option, state.start)
        for name in ("free", "need", "lit", "used", "total", "on_together", "on_apart"):
            assert np.allclose(getattr(again, name), getattr(state, name)), name


def test_the_cheapest_start_counts_lateness_and_prices():
    """Two units for 2 slots: slots 2 and 3 are cheapest until lateness costs more than the price."""
    price = [[9, 9, 1, 1, 0, 0]]
    early = problem(group(option(2, {0: 1}), slope=20, base=40), capacity=[[1] * 6], price=price)
    late = problem(group(option(2, {0: 1})), capacity=[[1] * 6], price=price)
    assert listed(early)[1].start.tolist() == [0]
    assert listed(late)[1].start.tolist() == [4]


def test_a_job_waits_for_its_predecessor_and_the_lag():
    made = problem(*(group(option(2, {0: 1})) for _ in range(2)), capacity=[[2] * 8], edges=[(1, 0, 2)])
    assert listed(made)[1].start.tolist() == [4, 0]


def test_options_that_are_passed_over_for_their_nodes_would_not_have_been_taken():
    """The list schedule is the same where each option is looked at, whatever its nodes cost at least."""
    rated = 0
    for made in problems():
        jobs, state = listed(made)
        every = JobSet(made)
        every.arrays.rate[:] = 0
        again = list_schedule(every)
        assert (again.option == state.option).all()
        assert (again.start == state.start).all()
        rated += bool(jobs.arrays.rate.any())
    assert rated > 5


def test_guiding_costs_move_a_job_to_where_capacity_is_worth_less():
    """All starts cost the same; with the factor at 0 the first is taken, with it at 1 that of least worth."""
    made = problem(group(option(1, {0: 1})), capacity=[[1] * 4])
    jobs = JobSet(made)
    jobs.arrays.guide[:] = [3.0, 2.0, 0.5, 2.0]
    assert list_schedule(jobs).start.tolist() == [0]
    guided = list_schedule(jobs, guide=1.0)
    assert guided.start.tolist() == [2]
    assert guided.total[0] == 0
