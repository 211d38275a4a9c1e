// Owner of the precompiled standard headers (AVILA_PCH).
