"""``neurosim run occlusion``: complete occluded objects with an attractor network."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neurosim.cli.output import FIGURES, draw, print_summary, summary

if TYPE_CHECKING:
    from tasks.vision import Source

SHOWN_INPUT = 0.1
"""Strength of the image as an input while it is on the screen, where --soa asks for a duration."""


def occlusion(
    images: Annotated[
        str, typer.Option(help="digits, or a folder with one folder of pictures a category.")
    ] = "digits",
    features: Annotated[
        str,
        typer.Option(
            help="mlp, pixels, hmax, random, FILE.onnx:LAYER, or a file of them: .npz, .mat."
        ),
    ] = "mlp",
    network: Annotated[
        str, typer.Option(help="rnnh, hebb, pinv, modern, dense, rnn5 or none.")
    ] = "rnnh",
    protocol: Annotated[
        str, typer.Option(help="familiar: what is shown is stored; novel: other objects are.")
    ] = "familiar",
    stored: Annotated[int, typer.Option(help="Objects stored, and as many shown.", min=2)] = 100,
    visibility: Annotated[
        str, typer.Option(help="Percent of the object that shows, comma-separated.")
    ] = "10,20,30,40",
    repeats: Annotated[int, typer.Option(help="Trials of each object and visibility.", min=1)] = 5,
    steps: Annotated[int, typer.Option(help="Steps of the network.", min=1)] = 256,
    occluder: Annotated[str, typer.Option(help="bubbles, deletion or bars.")] = "bubbles",
    screen: Annotated[
        float, typer.Option(help="Grey level of the screen and of what hides, 0 to 1.")
    ] = 0.5,
    soa: Annotated[
        float | None, typer.Option(help="The image stays on for so many ms; default: see --clamp.")
    ] = None,
    mask: Annotated[str, typer.Option(help="What follows it after --soa: phase or none.")] = "none",
    step_ms: Annotated[
        float | None, typer.Option(help="Duration of a step of the network, ms; default 6.25.")
    ] = None,
    clamp: Annotated[
        float | None,
        typer.Option(
            help="Strength of the image as a lasting input; default 0 (rnn5: 1; with --soa: 0.1)."
        ),
    ] = None,
    reference: Annotated[
        str,
        typer.Option(help="Features become +1 or -1 against: screen (the empty one) or threshold."),
    ] = "screen",
    size: Annotated[
        int | None, typer.Option(help="Side of the pictures in pixels; digits: 32.", min=8)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of all random draws.", min=0)] = 0,
    out: Annotated[Path | None, typer.Option(help="Result, NetCDF.")] = None,
    figure: Annotated[Path | None, typer.Option(help="Figure: png, pdf or svg.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
) -> None:
    """Store whole objects in an attractor network, and complete occluded ones.

    Without --out, --figure and --json, the result and its figure are written to
    occlusion-NETWORK-PROTOCOL-seedN.nc and .png; otherwise only what is named is written.

    For example:

      neurosim run occlusion

      neurosim run occlusion --network modern --protocol novel --visibility 5,10,20,40,80

      neurosim run occlusion --soa 75 --mask phase --json

      neurosim run occlusion --images photos --features alexnet.onnx:fc7 --figure photos.png
    """
    from neurosim.errors import InputError, check_choice
    from neurosim.files import check_ending, check_output
    from neurosim.recording import save
    from tasks.vision import Completion, complete, steps_of

    check_choice("occlusion", "--mask", mask, ("phase", "none"))
    if mask != "none" and soa is None:
        raise InputError("--mask follows an image of limited duration: give --soa as well, in ms")
    off = None
    if soa is not None:
        off = steps_of(soa) if step_ms is None else steps_of(soa, step_ms)
        if clamp is None and network != "rnn5":
            clamp = SHOWN_INPUT
    design = Completion(
        network=network,
        protocol=protocol,
        stored=stored,
        visibility=_percents(visibility),
        repeats=repeats,
        steps=steps,
        clamp=clamp,
        image_off=off,
        mask_at=off if mask == "phase" else None,
        reference=reference,
    )
    stem = f"occlusion-{network}-{protocol}-seed{seed}"
    if out is None and figure is None and not as_json:
        out, figure = Path(f"{stem}.nc"), Path(f"{stem}.png")
    outputs = {out: (".nc",), figure: FIGURES}
    for path, endings in outputs.items():
        if path is not None:
            check_ending(path, endings)
            check_output(path, force=force)

    shown = not quiet and sys.stderr.isatty()
    source = _source(
        images, features, occluder, screen=screen, size=size, seed=seed, progress=shown
    )
    result = complete(source, design, seed=seed, progress=shown)
    result.attrs["command"] = " ".join(["neurosim", *sys.argv[1:]])
    if out is not None:
        save(result, out)
    draw(result, figure, None, progress=shown)
    written = [str(path) for path in outputs if path is not None]
    if as_json:
        typer.echo(json.dumps(summary(result) | {"written": written}))
    elif not quiet:
        print_summary(result)
        for name in written:
            typer.echo(f"wrote {name}")


def _percents(text: str) -> tuple[float, ...]:
    from neurosim.errors import InputError

    try:
        percents = tuple(sorted({float(part) for part in text.split(",")}))
    except ValueError:
        raise InputError(
            f"--visibility: expected numbers with commas between, given '{text}'"
        ) from None
    return percents


def _source(
    images: str,
    features: str,
    occluder: str,
    *,
    screen: float,
    size: int | None,
    seed: int,
    progress: bool,
) -> Source:
    """What is shown: pictures through a front-end, or features from a file."""
    from neurosim.errors import InputError
    from tasks.vision import Features, Pictures, digits, from_folder
    from tasks.vision.features import front_end, load_features

    if features.lower().endswith((".npz", ".mat")):
        return Features(load_features(features), name=Path(features).name)
    if images == "digits":
        pictures = digits(size or 32)
    elif Path(images).is_dir():
        pictures = from_folder(images, size)
    else:
        raise InputError(f"--images: expected 'digits' or a folder, given '{images}'")
    return Pictures(
        pictures,
        front_end(features),
        occluder,
        screen=screen,
        seed=seed,
        name="digits" if images == "digits" else Path(images).name,
        progress=progress,
    )
