# For pages that install: into the folder of the test, without building what is there already. Of
# goals that take long, or are this test, only the commands are made.
unset LD_LIBRARY_PATH
export PKG_CONFIG_PATH=$LOCAL/lib/pkgconfig
home=$HOME
export HOME="$PWD/home"

# In another environment cargo would build everything anew.
make() {
    case $1 in
    install) env -u PKG_CONFIG_PATH HOME="$home" make -s -C "$PROJECT" "$@" BUILD="$PWD/build" \
        CARGO_TARGET_DIR="$(dirname "$INSTALLED")" ;;
    *) command make -n -C "$PROJECT" "$@" >make.log ;;
    esac
}
# It would change the machine.
ldconfig() { :; }
