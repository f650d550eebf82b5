# The library folder.
mkdir -p "$LOCAL"
ln -sfn "$INSTALLED/lib" "$LOCAL/lib"
