"""``deconvolyte plan``: write a plan from the reference library, check one."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.cli.plan_output import add_plan_output, refuse_overwriting, write_plan
from app.cli.plan_select import add_select
from app.cli.progress import ConsoleMonitor
from app.cli.reading import add_reading_options, read_series, say_all
from fitting.errors import DataError, PlanError

if TYPE_CHECKING:
    from fitting.model import ModelTable
    from fitting.plan import Plan
    from fitting.propose import Proposal
    from fitting.series import Series

_PROBLEMS = 2


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the ``plan`` command with ``new``, ``check`` and ``select``."""
    parser = subparsers.add_parser(
        "plan",
        help="write a plan from the reference library, check one, select its phases",
        description="A plan is one TOML file that says everything about a fit before it begins.",
        epilog="example:\n  deconvolyte plan new cellA.h5 -o sei.toml\n"
        "  deconvolyte plan check sei.toml cellA.h5\n"
        "  deconvolyte plan select sei.toml cellA.h5 -o found.toml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words = parser.add_subparsers(metavar="new|check|select", required=True)
    _add_new(words)
    _add_check(words)
    add_select(words)


def _add_new(words: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = words.add_parser(
        "new",
        help="a complete, commented plan for the regions in files",
        description="Writes a plan that can be fitted as it is. Every line carries its source;\n"
        "what position cannot tell apart is said. Your own lines.toml or lines.csv,\n"
        "beside the plan or in the settings folder, add to the library.",
        epilog="example:\n  deconvolyte plan new cellA.h5 -o sei.toml "
        "--phases Li6PS5Cl,Li2S,Li3P,LixP\n"
        "  deconvolyte plan new --experiment E1 -o e1.toml",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    add_plan_output(parser, "P.toml", required=False)
    parser.add_argument(
        "--experiment",
        metavar="KEY",
        help="instead of files: the ready plan of an experiment that `simulate` makes, such as E1; "
        "printed if there is no -o",
    )
    parser.add_argument(
        "--phases",
        metavar="NAME,...",
        help="phases of the library (see `deconvolyte lines`); default: those the data look like",
    )
    parser.add_argument(
        "--no-monochromator",
        action="store_true",
        help="the X-ray source is bare: its satellites are planned (always so for Mg)",
    )
    parser.add_argument(
        "--strategy",
        choices=("independent", "chained", "shared", "joint"),
        help="how steps and regions help each other (default: chained); shared: widths are those "
        "of the series; joint: one amount of a phase drives all its lines",
    )
    add_reading_options(parser)
    parser.set_defaults(run=run_new)


def _add_check(words: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = words.add_parser(
        "check",
        help="say what is wrong with a plan",
        description="One sentence for each problem; with files also where plan and data do\n"
        "not go together. Notes name what is seldom meant. Exit status 0 without problems,\n"
        "else 2.",
        epilog="example:\n  deconvolyte plan check sei.toml cellA.h5",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("plan", type=Path, metavar="P.toml")
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    add_reading_options(parser)
    parser.set_defaults(run=run_check)


# --- new -----------------------------------------------------------------------------------


def run_new(args: argparse.Namespace) -> int:
    """Write a plan.

    Raises
    ------
    PlanError
        Unknown phase or experiment, nothing to plan for, or a file that would be overwritten.
    ReadError
        Nothing could be read, or a user's own table of lines is bad.
    OutputError
        The plan cannot be written.
    """
    if args.experiment is not None:
        return _ready(args)
    if not args.files:
        raise PlanError("FILE", "is missing; name the files to plan for, or --experiment E1")
    if args.output is None:
        raise PlanError("-o", "is missing; name the plan, such as -o sei.toml")
    return _propose(args)


def _ready(args: argparse.Namespace) -> int:
    """Print or write the plan of an experiment."""
    from app.project.ready import ready_plan

    if args.files or args.phases is not None or args.strategy is not None:
        problem = "takes no files, no --phases and no --strategy: its plan is ready"
        raise PlanError("--experiment", problem)
    text = ready_plan(args.experiment)
    if args.output is None:
        print(text, end="")
        return 0
    refuse_overwriting(args.output, (), args.force)
    write_plan(args.output, text, args.force)
    print(f"written to {args.output}; its comments say why it is as it is")
    return 0


def _propose(args: argparse.Namespace) -> int:
    from app.batch.measured import planned_transmission
    from app.project.user_lines import load_library
    from fitting.plan_text import plan_text
    from fitting.propose import propose_plan
    from fitting.propose_quantification import with_sensitivities
    from fitting.proposed_strategy import with_strategy

    refuse_overwriting(args.output, args.files, args.force)
    library = load_library(args.output)
    with ConsoleMonitor("reading") as monitor:
        gathered = read_series(args, args.files, monitor)
    series = _on_binding_energy(gathered.series)
    bare = False if args.no_monochromator else None
    proposal = propose_plan(series, library, _words(args.phases), bare)
    plan = proposal.plan if args.strategy is None else with_strategy(proposal.plan, args.strategy)
    plan = planned_transmission(plan, series)
    text = plan_text(plan, with_sensitivities(plan, proposal.comments))
    write_plan(args.output, text, args.force)
    _report(proposal, args.output)
    return 0


def _words(text: str | None) -> list[str] | None:
    """Names between commas.

    Raises
    ------
    PlanError
        None at all.
    """
    if text is None:
        return None
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words:
        raise PlanError("--phases", "names no phase; write e.g. --phases Li6PS5Cl,Li2S")
    return words


def _on_binding_energy(series: Sequence["Series"]) -> list["Series"]:
    """Series with an axis to fit on; the others are reported.

    Raises
    ------
    DataError
        None is left.
    """
    usable, problems = [], []
    for one in series:
        try:
            one.axis(0)
        except DataError as error:
            problems.append(str(error))
        else:
            usable.append(one)
    if not usable:
        raise DataError("; ".join(problems))
    say_all(problems)
    return usable


def _report(proposal: "Proposal", path: Path) -> None:
    plan = proposal.plan
    for region in plan.regions:
        ids = ", ".join(component.id for component in region.components)
        print(f"{region.name}, {region.window[0]:g} to {region.window[1]:g}: {ids}")
    for notice in proposal.notices:
        print(notice)
    print(f"written to {path}; its comments say what each line rests on")


# --- check ---------------------------------------------------------------------------------


def run_check(args: argparse.Namespace) -> int:
    """Say what is wrong with a plan: on stderr, one line each.

    Raises
    ------
    ReadError
        Files were given and none could be read.
    PlanError
        The plan itself cannot be read.
    """
    from app.batch.measured import comparison_notes
    from app.batch.plan_data import data_problems
    from app.batch.plan_file import load_titration_plan, plan_file_text
    from app.batch.plan_notes import data_notes
    from fitting.plan_check import check_plan, check_text, plan_notes

    if load_titration_plan(args.plan) is not None:
        print(f"{args.plan}: nothing wrong found; a charge log alone, no regions")
        return 0
    checked = check_text(plan_file_text(args.plan))
    problems = [str(problem) for problem in checked.problems]
    notes: list[str] = []
    table = None
    if checked.plan is not None:
        plan, unread = _with_templates(checked.plan, args.plan.parent)
        series = _read_files(args)
        plan, missing = _with_transmission(plan, series)
        problems += missing
        deeper = check_plan(plan)
        table = deeper.table
        problems += [str(p) for p in unread] + [
            str(p) for p in deeper.problems if p.key not in {u.key for u in unread}
        ]
        notes += plan_notes(plan)
        if args.files:
            problems += data_problems(plan, series)
            notes += data_notes(plan, series) + comparison_notes(plan, series)
    say_all(f"{args.plan}: {problem}" for problem in dict.fromkeys(problems))
    say_all(f"{args.plan}: note: {note}" for note in dict.fromkeys(notes))
    if problems or checked.plan is None or table is None:
        return _PROBLEMS
    _summarise(args.plan, plan, table)
    return 0


def _with_templates(plan: "Plan", folder: Path) -> tuple["Plan", list[PlanError]]:
    """The plan with the templates that can be read, and why the others cannot."""
    from app.batch.plan_file import resolve_template

    templates, problems = dict(plan.templates), []
    for name, template in plan.templates.items():
        try:
            templates[name] = resolve_template(name, template, folder)
        except PlanError as error:
            problems.append(error)
    return plan.model_copy(update={"templates": templates}), problems


def _read_files(args: argparse.Namespace) -> list["Series"]:
    if not args.files:
        return []
    with ConsoleMonitor("reading") as monitor:
        return list(read_series(args, args.files, monitor).series)


def _with_transmission(plan: "Plan", series: Sequence["Series"]) -> tuple["Plan", list[str]]:
    """The plan with the transmission of its files, and why there is none."""
    from app.batch.measured import with_transmission

    try:
        return with_transmission(plan, series), []
    except PlanError as error:
        return plan, [str(error)]


def _summarise(path: Path, plan: "Plan", table: "ModelTable") -> None:
    from fitting.component_sensitivities import needs_sensitivities, sensitivity_texts
    from fitting.plan_check import bent_links, free_parameters

    free = free_parameters(table)
    print(f"{path}: nothing wrong found")
    for region in plan.regions:
        window = f"{region.window[0]:g} .. {region.window[1]:g}"
        print(
            f"  {region.name}, {window}: {_number(len(region.components), 'component')}, "
            f"{_number(free[region.name], 'free parameter')}, {region.background.kind} background"
        )
    for name, members in plan.groups.items():
        print(f"  group {name}: {' + '.join(members)}")
    for name, link in bent_links(table).items():
        print(f"  {name} = {link!r} is not affine: it goes to the lmfit engine, which is slower")
    if needs_sensitivities(plan):
        print("  areas are divided by sensitivities (relative to each other):")
        for text, names in sensitivity_texts(plan).items():
            print(f"  {text}: {', '.join(names)}")


def _number(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
