# Where the library is.
mkdir -p "$LOCAL"
ln -sfn "$INSTALLED/lib" "$LOCAL/lib"
