"""What is never heard in training: whole families of sounds, speakers, and synthesisers' voices.

Which kind of imitation is left out is said to `train.py`.
"""

FAMILIES = {
    "crow", "siren", "scraping", "water", "knocks", "laugh", "minetest-data", "tuxpaint-stamps-default",
    "sonic-pi-samples/loop", "lmms-common/effects", "gm/effects",
}  # fmt: skip
VOICES = {
    "stamps-fr", "stamps-be", "klettres-hu", "klettres-ar", "klettres-en", "klettres-it", "espeak-f2", "espeak-m3",
}  # fmt: skip
SYNTHESISERS = {"espeak-fr+m4", "espeak-it+m6", "espeak-tr+m2", "espeak-sw+klatt", "festival-lp", "festival-ked", "flite-rms"}
