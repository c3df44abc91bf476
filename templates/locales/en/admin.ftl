# The administrators' console.
