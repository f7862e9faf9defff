# shellcheck shell=bash disable=SC2154
# The kiosk on the emulated display: what it shows, to fingers and a scanner, and what keys must not do. Sourced by
# test/vm.sh.

# Where Home has its tile Places, from the upper left corner.
places_tile=(0.15 0.55)

monitor() {
    python3 "$test/qmp.py" "$work/monitor" "$@"
}

shot() { # NAME
    monitor shot "$work/$1.png"
    say "        $work/$1.png" >&3
}

# A screen on which something is drawn has many colours; a console or a blank one has two.
is_drawn() { # NAME
    local colours
    for _ in $(seq 40); do
        shot "$1" 3>/dev/null
        colours=$(python3 "$test/picture.py" colours "$work/$1.png")
        [ "$colours" -le 40 ] || break
        sleep 3
    done
    say "        $work/$1.png: $colours colours" >&3
    [ "$colours" -gt 40 ]
}

# The picture becomes another one that has something on it, by so many pixels in a thousand.
becomes() { # NAME BEFORE PER-MILLE
    local changed
    for _ in $(seq 20); do
        sleep 3
        shot "$1" 3>/dev/null
        changed=$(python3 "$test/picture.py" changed "$work/$2.png" "$work/$1.png")
        [ "$changed" -lt "$3" ] || [ "$(python3 "$test/picture.py" colours "$work/$1.png")" -le 40 ] || break
    done
    # A page comes in parts on a slow machine: what is kept, and judged, is the picture a moment later.
    sleep 6
    shot "$1" 3>/dev/null
    changed=$(python3 "$test/picture.py" changed "$work/$2.png" "$work/$1.png")
    say "        $work/$1.png: $changed ‰ differ from $2" >&3
    [ "$changed" -ge "$3" ] && [ "$(python3 "$test/picture.py" colours "$work/$1.png")" -gt 40 ]
}

scene_screen() {
    check "the kiosk is drawn on the bare display" is_drawn kiosk
    check "a finger on Places opens them" touches
    check "a scanner's burst opens the item's card" scans
    check "the keys that end Slint's loop end nothing" ends_nothing
    check "consoles, Ctrl-Alt-Del, SysRq and the power key open nothing" nothing_opens
    check "the program comes back after kill -9, and draws" comes_back
}

touches() {
    is_drawn home
    monitor touch "${places_tile[@]}"
    becomes places home 30
}

scans() {
    monitor scan 4006381333931
    becomes card places 30
}

# What must stay: this start of the machine, the console in front, the program's process, no login anywhere.
standing() {
    on 'cat /proc/sys/kernel/random/boot_id /sys/class/tty/tty0/active; systemctl show --property MainPID --value inventory-kiosk.service; pgrep -c agetty || true'
}

ends_nothing() {
    local before chord
    before=$(standing)
    for chord in ctrl+alt+delete ctrl+alt+backspace ctrl+shift+alt+delete; do
        monitor press "$chord"
    done
    sleep 10
    [ "$before" = "$(standing)" ] || { echo "before: $before" && echo "after: $(standing)" && return 1; }
    is_drawn kiosk-after-delete
}

nothing_opens() {
    local before chord
    before=$(standing)
    for chord in ctrl+alt+f1 ctrl+alt+f2 ctrl+alt+f7 alt+f3 alt+left alt+sysrq+b alt+sysrq+k power ctrl+c ctrl+d \
        ctrl+alt+delete{,,,,,,,,,}; do
        monitor press "$chord"
    done
    sleep 20
    [ "$before" = "$(standing)" ] || { echo "before: $before" && echo "after: $(standing)" && return 1; }
    is_drawn kiosk-after-keys
}

comes_back() {
    local from=$SECONDS before
    before=$(on 'systemctl show --property MainPID --value inventory-kiosk.service')
    on "kill -9 $before"
    until [ "$(https /readyz)" = 200 ] && [ "$(on 'systemctl show --property MainPID --value inventory-kiosk.service')" != "$before" ]; do
        [ $((SECONDS - from)) -lt 120 ] || return 1
        sleep 1
    done
    say "        again after $((SECONDS - from)) s" >&3
    is_drawn kiosk-after-kill
}
