# shellcheck shell=bash disable=SC2034
# Debian's packages, by what they are for. The names are the same in Debian 12 and 13. Sourced by setup.sh.

# A C compiler for the crates that bring C, and what the program is linked with: fonts, keyboards, and a bare
# kernel display for the kiosk (udev, libinput, gbm, seat). Their libraries come along.
build_packages=(
    build-essential pkg-config ca-certificates
    libfontconfig-dev libxkbcommon-dev libudev-dev libinput-dev libgbm-dev libseat-dev
)

# What a window loads while it runs, on X11 and Wayland, and the fonts of our look.
window_packages=(
    libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libwayland-client0
    libegl1 libgles2 libgl1-mesa-dri
    fonts-lato fonts-b612 fonts-noto-core fonts-droid-fallback
)

# A display without a screen, a browser that a test drives, systemctl, which arranges units below another root, the proxy
# between browser and program, and what says which keys a layout has.
test_packages=(
    xvfb xauth systemd
    chromium chromium-driver
    shellcheck
    nginx-light
    poppler-utils
    libxkbcommon-tools
)

# Rust as Debian packages it for its browsers: the one that is new enough.
rust_packages=(rustc-web cargo-web)
rust_test_packages=(rustfmt-web)
