"""What is never heard in training: whole families of sounds, voices, and the style `spoken`."""

FAMILIES = {"crow", "siren", "scraping", "water", "knocks", "laugh", "minetest-data", "tuxpaint-stamps-default", "sonic-pi-samples/loop", "lmms-common/effects", "gm/effects"}
VOICES = {"stamps-fr", "stamps-be", "klettres-hu", "klettres-ar", "klettres-en", "klettres-it", "espeak-f2", "espeak-m3"}
