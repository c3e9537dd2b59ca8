-- The numbers of a signal that is only counted (a click for heat maps, a form, a field), as a list of JSON; NULL for all others.
ALTER TABLE signal ADD COLUMN measured TEXT;
