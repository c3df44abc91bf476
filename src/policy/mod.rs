//! What a sign-in must reach: the assurance ladder, floors, time-outs and limits, as tables. Pure.
