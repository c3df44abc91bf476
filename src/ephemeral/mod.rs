//! What may be forgotten: sessions, interactions, codes, replay marks, counters. Embedded or Redis.
