# For pages with installation commands: installs into the folder of the test, without rebuilding. For
# targets that take long, or run this test, make only prints the commands.
unset LD_LIBRARY_PATH
export PKG_CONFIG_PATH=$LOCAL/lib/pkgconfig
home=$HOME
export HOME="$PWD/home"

# In another environment cargo would rebuild everything.
make() {
    case ${1:-} in
    '' | install) env -u PKG_CONFIG_PATH HOME="$home" make -s -C "$PROJECT" PREFIX="$LOCAL" "$@" \
        BUILD="$PWD/build" CARGO_TARGET_DIR="$(dirname "$INSTALLED")" ;;
    *) command make -n -C "$PROJECT" "$@" >make.log ;;
    esac
}
sudo() {
    "$@"
}
# ldconfig would change the system.
ldconfig() { :; }
