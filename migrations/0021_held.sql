-- How high whoever suspended somebody stands: nobody below lets them go on. Who suspended before, nobody knows.
ALTER TABLE accounts ADD COLUMN disabled_rank BIGINT;
