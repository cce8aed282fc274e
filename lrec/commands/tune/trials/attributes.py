"""Attributes that trials have in a storage."""

AS_IT_IS = "as_it_is"  # of the trial without overrides: the keys of its known values
CURVE = "curve"  # epoch, seconds and monitored value of each evaluation, as JSON
ENDED = "ended"  # reason that it was ended early for
ERROR = "error"  # reason that it has no value for
FOLDER = "folder"  # of its run, which whoever takes it over goes on in
KILLS, SINCE = "kills", "since"  # of its process without progress, and its epochs at the last one
MEASURED = "measured"  # validation metrics and costs, as JSON
OWNER, SEEN = "owner", "seen"  # its process, and the time of that one's last sign of life
PLACE = "place"  # of several trials in one place the first counts
SPENT = "spent"  # seconds, epochs, and epochs between evaluations, as JSON
WARM = "from"  # the study that its setting comes from
VOID = "void"  # reason that it does not count for: the budget was spent meanwhile
AFTER = "after "  # and a number: the place of a trial that goes on with another's run
PRUNED = "pruned"  # value of ENDED
