"""An explorer is drawn, and answers, on a machine that takes its time to load plotly's program."""

from playwright.sync_api import expect

from .conftest import Lab

# What anywidget waits two seconds for is late as soon as something large has to be loaded.
LATE = """() => {
const real = AbortSignal.timeout.bind(AbortSignal), made = URL.createObjectURL.bind(URL), late = [];
AbortSignal.timeout = ms => {
    if (ms !== 2000) return real(ms);
    late.push(new AbortController());
    return late.at(-1).signal;
};
URL.createObjectURL = thing => {
    if (thing.size > 1_000_000) setTimeout(() => late.forEach(one => one.abort()), 0);
    return made(thing);
};
}"""
CELLS = [
    "import plotly.graph_objects as go\nfrom fireanalysis import widgets\n"
    "figures = {'one': lambda: go.Figure(go.Scatter(y=[1, 2]), {'title': 'one'}),\n"
    "           'two': lambda: go.Figure(go.Bar(y=[3]), {'title': 'two'})}\n"
    "explorer = widgets.FigureChooser(figures, name='figure')\nexplorer",
    "explorer.choice.value = 'two'",
]


def test_a_figure_that_is_loaded_late_shows_what_was_chosen_meanwhile(lab: Lab) -> None:
    with lab.new(*CELLS, script=LATE) as notebook:
        explorer = notebook.explorers()
        expect(explorer.locator(".gtitle")).to_have_text("two", timeout=60_000)
        expect(explorer.locator(".bars path")).to_have_count(1)
        explorer.get_by_label("figure").select_option("one")
        expect(explorer.locator(".gtitle")).to_have_text("one", timeout=60_000)
