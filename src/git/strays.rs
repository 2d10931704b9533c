//! What Git still believes about checkouts of gx that are gone.

use anyhow::Result;

use crate::git::admin::{self, Admin};
use crate::git::repo::Repo;

impl Repo {
    /// The numbers of the registrations `worktrees/gx-N` that have no checkout and no owner.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn stray_registrations(&self) -> Result<Vec<u32>> {
        let mut strays = Vec::new();
        for number in admin::numbers(self.common_dir())? {
            if self.stray(number)?.is_some() {
                strays.push(number);
            }
        }
        Ok(strays)
    }

    /// Removes one of them, if it still is one.
    ///
    /// # Errors
    /// It cannot be removed.
    pub fn drop_registration(&self, number: u32) -> Result<()> {
        self.stray(number)?.map_or(Ok(()), Admin::remove)
    }

    fn stray(&self, number: u32) -> Result<Option<Admin>> {
        let admin = Admin::take(self.common_dir(), number)?;
        let has_folder = |admin: &Admin| {
            let home = self.checkout_home();
            let warm = home.join(format!("warm-{number}"));
            warm.is_dir() || admin.place().is_some_and(|name| home.join(name).is_dir())
        };
        Ok(admin.filter(|admin| !has_folder(admin)))
    }
}
