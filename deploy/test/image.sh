# shellcheck shell=bash disable=SC2154
# A disk for the virtual machine, made without mounting anything: a fresh root with Debian's kernel, an initrd of our
# own. Sourced by test/vm.sh.

# QEMU of Debian 13 with what makes file systems, in a directory. Sets `tools`.
tools_root() {
    tools=$build/tools
    [ ! -e "$tools/.complete" ] || return 0
    say "making a Debian 13 with QEMU (a minute, 1 GB)"
    bootstrap trixie "$(host_architecture)" "$tools" qemu-system-arm,qemu-system-x86,qemu-efi-aarch64,ipxe-qemu,e2fsprogs,kmod,cpio,gzip,ca-certificates
    touch "$tools/.complete"
}

# Debian's kernel, unpacked rather than installed: its installation would make an initrd under emulation, for minutes.
fetch_kernel() { # SUITE DIRECTORY(root)
    local kernel=$build/kernel-$1-$architecture package
    mkdir -p "$kernel"
    if ! ls "$kernel"/linux-image-*.deb >/dev/null 2>&1; then
        apt_apart "$1" "$architecture"
        package=$(apt-cache "${apart[@]}" depends "linux-image-$architecture" | awk '/Depends: linux-image/ { print $2; exit }')
        (cd "$kernel" && apt-get "${apart[@]}" download "${package%%:*}" busybox-static >fetch.log 2>&1) || fail "the kernel: $kernel/fetch.log"
    fi
    dpkg-deb --fsys-tarfile "$kernel"/linux-image-*.deb | tar --extract --keep-directory-symlink --directory "$2"
}

# Busybox and the modules that the disk needs.
make_initrd() { # SUITE ROOT
    local version initrd=$work/initrd-root module
    version=$(find "$2/lib/modules/" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort --version-sort | tail -n 1)
    rm -rf "$initrd"
    mkdir -p "$initrd"/{bin,proc,sys,dev,root,modules}
    dpkg-deb --fsys-tarfile "$build/kernel-$1-$architecture"/busybox-static_*.deb | tar --extract --to-stdout --wildcards '*bin/busybox' >"$initrd/bin/busybox"
    chmod 755 "$initrd/bin/busybox"
    ln -s busybox "$initrd/bin/sh"
    inside "$tools" depmod --basedir "$2" "$version"
    for module in virtio_pci virtio_blk ext4; do
        inside "$tools" modprobe --dirname "$2" --set-version "$version" --show-depends "$module" 2>/dev/null | awk '/^insmod/ { print $2 }'
    done | awk '!seen[$0]++' >"$work/modules"
    while IFS= read -r module; do
        cp "$module" "$initrd/modules/"
        basename "$module"
    done <"$work/modules" >"$initrd/order"
    cat >"$initrd/init" <<'INIT'
#!/bin/sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
while read -r module; do
    case $module in
    *.xz) $b xzcat "/modules/$module" >/module.ko && $b insmod /module.ko ;;
    *) $b insmod "/modules/$module" ;;
    esac
done </order
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 300 ]; do $b sleep 0.1; tries=$((tries + 1)); done
$b mount -t ext4 -o rw,noatime /dev/vda /root
$b mount --move /dev /root/dev
$b umount /proc
$b umount /sys
exec $b switch_root /root /lib/systemd/systemd
INIT
    chmod 755 "$initrd/init"
    inside "$tools" sh -c "cd '$initrd' && find . | cpio --quiet -o -H newc | gzip -1 >'$work/initrd'"
    cp --dereference "$2/boot/vmlinuz-$version" "$work/kernel"
}

make_disk() { # SUITE
    local root=$work/root
    say "a fresh $1 for $architecture"
    unpack_fresh "$1" "$architecture" "$root" storeroom
    fetch_kernel "$1" "$root"
    printf '/dev/vda / ext4 defaults,noatime,errors=remount-ro 0 1\n' >"$root/etc/fstab"
    install -d -m 700 "$root/root/.ssh"
    install -m 600 "$work/key.pub" "$root/root/.ssh/authorized_keys"
    mkdir -p "$root/etc/systemd/network"
    printf '[Match]\nName=en*\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/10-dhcp.network"
    ln -sf /lib/systemd/system/systemd-networkd.service "$root/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"
    make_initrd "$1" "$root"
    rm -f "$work/disk.img"
    inside "$tools" mke2fs -q -t ext4 -L root -d "$root" "$work/disk.img" 6G
    rm -rf "$root"
}
