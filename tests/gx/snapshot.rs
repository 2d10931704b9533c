//! What a snapshot holds, and what it leaves untouched.
