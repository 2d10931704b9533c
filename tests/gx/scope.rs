//! What belongs to an experiment: modes, base, candidates, the mark, protected paths, tags.
