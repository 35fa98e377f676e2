module serinus.dev/from-source/pause

go 1.26.0
