"""Behind `common.tracking`: runs, notes, frames and the store, none of which imports mlflow."""
