# For hands that type make: each target is the launcher's command of the same name.
.PHONY: demo test down build setup
demo test down build setup:
	./weft $@
