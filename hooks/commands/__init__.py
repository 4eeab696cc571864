"""One file per command: `oih-cds what-if` is `hooks.commands.what_if.command`."""
