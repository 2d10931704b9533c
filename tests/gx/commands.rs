//! The commands that only answer: ls, show, best, near, tags, logs, diff, config, completions, agent-guide.
