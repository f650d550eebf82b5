. "$PROJECT/tests/guide/installing.sh"
# What the loader does not have to be told in /usr/local, once ldconfig has run.
export LD_LIBRARY_PATH=$LOCAL/lib
