//! Several gx at once in one repository: distinct ids, and no record lost.
