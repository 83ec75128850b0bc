"""What was asked of the numerics, measured. See ``python3 start.py bench --help``.

To add a benchmark, write ``benchmarks/NAME.py`` with

    def run(settings: Settings) -> Report:
        report = Report("Title", "What is measured and how, two sentences for docs/benchmarks.md.")
        report.add(Figure("lmfit, numerical derivatives, S 2p", "143x", "150x", reached=False))
        report.draw = draw_it  # optional: fills a matplotlib figure; else bars of all ``share=``
        return report

(names from ``benchmarks.report``) and put NAME into ``ALL`` of ``benchmarks/__main__.py``; a name
there without a module is left out. ``add`` prints the row at once. ``settings.rounds`` and
``settings.size`` are None unless the user gave them: ``settings.rounds or 5``. A benchmark runs
in a process of its own, with one BLAS thread. A figure that has a goal says whether it is
reached; one that is only reported says None. Monte Carlo errors belong into the value.
"""
