"""The script that pages include: served short-lived at `/js`, for ever under a name with its hash.

`/js` is LeadDyno's path (docs/tracking.md, "What a page sends").
"""

from leadyard.tracking.script.serving import PATH, ScriptPages, TrackerScript, render_script

__all__ = ["PATH", "ScriptPages", "TrackerScript", "render_script"]
