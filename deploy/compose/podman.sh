# What a machine without Docker, systemd and a registry of images needs to run containers. Sourced; $scratch is a folder.
# As root; needs podman, runc, netavark, aardvark-dns, catatonit, iptables and mmdebstrap.

debian=docker.io/library/debian:12.11-slim

under_podman() {
  export CONTAINERS_CONF="$scratch/containers.conf"
  cat >"$CONTAINERS_CONF" <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[network]
network_backend = "netavark"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
CONF
}

make_debian() { # in the place of the image of that name, if there is none
  podman image exists "$debian" && return
  echo "== Making Debian 12" >&2
  mmdebstrap --quiet --variant=apt --include=ca-certificates \
    --customize-hook='cp /etc/ssl/certs/ca-certificates.crt "$1"/etc/ssl/certs/' \
    --customize-hook='printf "[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n" >"$1"/etc/pip.conf' \
    bookworm "$scratch/debian.tar"
  podman import --quiet "$scratch/debian.tar" "$debian" >/dev/null
  rm "$scratch/debian.tar"
}
