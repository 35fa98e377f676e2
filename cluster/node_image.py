"""The kind node image built here: Debian, kind's base files, Kubernetes, every platform image loaded."""

from __future__ import annotations

import os
import shlex
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path

from cluster import engine, paths
from cluster.commands import run_logged, succeeds
from cluster.content import digest, files_digest
from cluster.engine import docker
from cluster.go_toolchain import module_dir
from cluster.pins import Pin
from cluster.platform_images import IMAGES, PROGRAM, build, context, place
from cluster.progress import step
from cluster.rootfs import NODE

NODE_PROGRAMS = ("kubelet", "kubeadm", "kubectl")
# containerd's own configuration in kind's base files asks for this one, kubeadm for 3.10.1.
EXTRA_LABELS = (("pause", "registry.k8s.io/pause:3.10"),)
# What kind itself does in `kind build node-image`: a containerd without systemd, up only to take images.
START_CONTAINERD = """nohup containerd > /dev/null 2>&1 &
for _ in $(seq 1 100); do ctr version > /dev/null 2>&1 && exit 0; sleep 0.2; done
echo 'containerd did not answer within 20 s'; exit 1"""
ENTRYPOINT = 'ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]'


def reference(pins: Mapping[str, Pin]) -> str:
    """The node image's name and tag; the tag is a digest of all that goes in."""
    folder = paths.from_source_dir() / "node"
    files = files_digest(folder, [file for file in folder.rglob("*") if file.is_file()])
    programs = [PROGRAM[name].recipe(pins) for name in NODE_PROGRAMS]
    loaded = [image.reference(pins) for image in IMAGES]
    parts = [files, NODE.image, pins["kind"].version, START_CONTAINERD, *programs, *loaded]
    return f"serinus/node:{digest(parts)}"


def ensure_node_image(pins: Mapping[str, Pin]) -> str:
    """Build the node image where Docker lacks it; all platform images must be there."""
    wanted = reference(pins)
    if engine.has_image(wanted):
        return wanted
    unloaded = wanted.replace("serinus/node:", "serinus/node-unloaded:")
    with step(f"building {unloaded}"), context() as folder:
        _fill(folder, pins)
        build(folder, unloaded, {"BASE_IMAGE": NODE.image})
    with step(f"loading {len(IMAGES)} images into {wanted}"):
        _load(unloaded, wanted, pins)
    _drop_superseded(wanted)
    return wanted


def _drop_superseded(wanted: str) -> None:
    """Untag node images of other recipes, over 1 GB each; Docker refuses those a cluster still runs."""
    listed = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "serinus/node*").split()
    for image in listed:
        if image != wanted:
            succeeds([engine.docker_client(), "image", "rm", image])


def labels(pins: Mapping[str, Pin]) -> list[tuple[str, str]]:
    """Pairs of an image here and the other name it must have in the node."""
    version = pins["kubernetes"].version
    known = {image.name: image for image in IMAGES}
    asked = [(image.name, image.kubeadm_label) for image in IMAGES if image.kubeadm_label]
    return [
        (f"docker.io/{known[name].reference(pins)}", label.format(kubernetes=version))
        for name, label in [*asked, *EXTRA_LABELS]
    ]


def _fill(folder: Path, pins: Mapping[str, Pin]) -> None:
    source = paths.from_source_dir() / "node"
    shutil.copy(source / "Dockerfile", folder)
    shutil.copytree(source / "files", folder / "files")
    kind_files = Path(module_dir("kind", "sigs.k8s.io/kind")) / "images" / "base" / "files"
    shutil.copytree(kind_files, folder / "kind-files")
    for place_, _, names in os.walk(folder / "kind-files"):  # the module cache is read-only, its modes too
        Path(place_).chmod(0o755)
        for name in names:
            (Path(place_) / name).chmod(0o644)
    (folder / "files" / "kind" / "version").write_text(pins["kubernetes"].version, encoding="ascii")
    (folder / "bin").mkdir()
    for name in NODE_PROGRAMS:
        place(PROGRAM[name].target, folder / "bin" / name)


def _load(unloaded: str, wanted: str, pins: Mapping[str, Pin]) -> None:
    client = engine.docker_client()
    name = f"serinus-node-build-{uuid.uuid4().hex[:8]}"
    unconfined = ("--security-opt", "seccomp=unconfined")
    docker("run", "--detach", "--name", name, *unconfined, "--entrypoint", "sleep", unloaded, "infinity")
    try:
        docker("exec", name, "bash", "-c", START_CONTAINERD)
        images = shlex.join(image.reference(pins) for image in IMAGES)
        load = "ctr --namespace=k8s.io images import --all-platforms --no-unpack --digests -"
        pipe = f"{client} save {images} | {client} exec -i {name} {load}"
        run_logged(["bash", "-o", "pipefail", "-c", pipe], log="node-load")
        for source, label in labels(pins):
            docker("exec", name, "ctr", "--namespace=k8s.io", "images", "tag", "--force", source, label)
        docker("exec", name, "pkill", "containerd")
        docker("commit", "--change", ENTRYPOINT, name, wanted)
    finally:
        succeeds([client, "rm", "--force", "--volumes", name])
