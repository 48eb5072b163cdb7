"""The ``linkedin-simulator`` command."""

import typer

from linkedin_simulator.clock import iso, parse_instant
from linkedin_simulator.serving import Server, bound, url
from linkedin_simulator.simulator import Simulator
from linkedin_simulator.worlds import DEFAULT_SEED, WORLDS

DEFAULT_PORT = 8089

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def about() -> None:
    """A LinkedIn Marketing API on your own machine: seeded, with a clock and faults that you control."""


@app.command()
def serve(
    port: int = typer.Option(DEFAULT_PORT, min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one."),
    world: str = typer.Option("tutorial", help=f"What is simulated: {', '.join(sorted(WORLDS))}."),
    seed: int = typer.Option(DEFAULT_SEED, help="The same seed gives the same numbers."),
    clock: str = typer.Option("", help="Where the clock stands, such as 2022-08-10T05:00:00Z (default: the world's)."),
) -> None:
    """Serve a world until stopped; /_control moves its clock and injects faults."""
    try:
        simulator = Simulator.of(world, seed, parse_instant(clock) if clock else None)
        listener = bound(port)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        typer.echo(f"Port {port} cannot be used ({error.strerror}); choose another with --port.", err=True)
        raise typer.Exit(1) from error
    line = f"LinkedIn simulator serves world {world} at {url(listener)} (clock {iso(simulator.clock.now())})"
    with listener:
        Server(simulator, lambda: print(line, flush=True)).run([listener])


def run() -> None:
    """Runs the command line."""
    app()


if __name__ == "__main__":
    run()
