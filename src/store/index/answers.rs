//! What was answered about results: it stays as it is until something is recorded.

use std::any::Any;
use std::collections::HashMap;

/// Answers, each of the kind that its question asks for, by the words of their questions.
pub(in crate::store) type Answers = HashMap<String, Box<dyn Any>>;
