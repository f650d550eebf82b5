. "$PROJECT/tests/guide/installing.sh"
# In /usr/local the loader finds the library without this, once ldconfig has run.
export LD_LIBRARY_PATH=$LOCAL/lib
