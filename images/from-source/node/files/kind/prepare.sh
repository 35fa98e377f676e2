#!/bin/bash
# Runs once, in the image's build: what kind's base image does to Debian beside copying its files.
set -euo pipefail

chmod 0755 /kind /kind/bin /kind/bin/*.sh /usr/local/bin/entrypoint

# Units of a real machine that a container must not start.
find /lib/systemd/system/sysinit.target.wants/ -name systemd-tmpfiles-setup.service -delete
rm -f /lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* \
  /lib/systemd/system/local-fs.target.wants/* /lib/systemd/system/sockets.target.wants/*udev* \
  /lib/systemd/system/sockets.target.wants/*initctl* /lib/systemd/system/basic.target.wants/*
echo "ReadKMsg=no" >> /etc/systemd/journald.conf
ln -sf /usr/lib/systemd/systemd /sbin/init
systemctl enable kubelet.service containerd.service undo-mount-hacks.service
systemctl mask systemd-binfmt.service # it would change the kernel for everybody

# Debian's containerd and CNI plugins, where kind's units and containerd look for them.
for program in containerd ctr containerd-shim-runc-v2; do ln -sf "/usr/bin/$program" "/usr/local/bin/$program"; done
mkdir -p /opt/cni/bin /etc/kubernetes/manifests
for plugin in /usr/lib/cni/*; do ln -sf "$plugin" /opt/cni/bin/; done

# containerd's default container, with kind's hook and without limits.
ctr oci spec \
  | jq '.hooks.createContainer[.hooks.createContainer | length] |= . + {"path": "/kind/bin/mount-product-files.sh"}
        | del(.process.rlimits)' > /etc/containerd/cri-base.json
rm -f /etc/machine-id
touch /etc/machine-id
