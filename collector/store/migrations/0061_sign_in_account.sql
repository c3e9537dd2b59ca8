-- A new password ends everything that an account is signed in with.
CREATE INDEX sign_in_account ON sign_in (account_id);
