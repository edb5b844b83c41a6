"""Which programs say of themselves that they are no people: by the names that stand in their User-Agent. Pure."""

import re
from functools import lru_cache

_NAMES = (
    r"bot\b|bot[/_\-;]|crawl|spider|slurp|mediapartners|adsbot|bingpreview|facebookexternalhit|facebookcatalog|"
    r"embedly|quora link preview|outbrain|pinterest/|vkshare|w3c_validator|whatsapp/|telegrambot|skypeuripreview|"
    r"google-inspectiontool|google-read-aloud|google page speed|chrome-lighthouse|lighthouse|googleother|"
    r"google web preview|feedfetcher|apis-google|duplexweb|storebot|archive\.org|heritrix|ia_archiver|"
    r"ahrefs|semrush|mj12|dotbot|screaming frog|sitebulb|netcraft|censys|nmap|masscan|zgrab|nuclei|"
    r"pingdom|uptimerobot|statuscake|site24x7|newrelicpinger|datadogsynthetics|gtmetrix|monitis|"
    r"gptbot|chatgpt-user|oai-searchbot|claudebot|claude-web|anthropic-ai|perplexity|ccbot|bytespider|"
    r"amazonbot|applebot|yandex(?:images|metrika|webmaster|favicons|direct)|baiduspider|sogou|seznam|"
    r"dataprovider|proximic|scrapy|nutch|larbin|httrack|webcopier|emailcollector|emailsiphon"
)
_is_named = re.compile(_NAMES, re.IGNORECASE).search
_is_phone = re.compile(r"\bcubot\b", re.IGNORECASE).search
"""A maker of telephones whose name ends as a robot's does."""


@lru_cache(maxsize=4096)
def is_bot(agent: str | None) -> bool:
    """Tell whether a User-Agent names a crawler, a link preview, a monitor or a scanner.

    Libraries and browsers without a window are not among them: programs post visits on behalf of people, and tests of
    a shop are the shop's own business.
    """
    return agent is not None and _is_named(agent) is not None and _is_phone(agent) is None
