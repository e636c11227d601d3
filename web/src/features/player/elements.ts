import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-loading-indicator.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-poster-image.js';
import 'media-chrome/dist/media-preview-chapter-display.js';
import 'media-chrome/dist/media-preview-thumbnail.js';
import 'media-chrome/dist/media-preview-time-display.js';
import 'media-chrome/dist/media-seek-backward-button.js';
import 'media-chrome/dist/media-seek-forward-button.js';
import 'media-chrome/dist/media-time-display.js';
import 'media-chrome/dist/media-time-range.js';
import 'media-chrome/dist/media-volume-range.js';
import { addTranslation, setLanguage } from 'media-chrome/dist/utils/i18n.js';
import type { DetailedHTMLProps, HTMLAttributes } from 'react';

type Control = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement> & Record<string, unknown>;

/** Only the controls that our player shows, as elements of React. */
declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'media-controller': Control;
      'media-control-bar': Control;
      'media-fullscreen-button': Control;
      'media-loading-indicator': Control;
      'media-mute-button': Control;
      'media-pip-button': Control;
      'media-play-button': Control;
      'media-poster-image': Control;
      'media-seek-backward-button': Control;
      'media-seek-forward-button': Control;
      'media-time-display': Control;
      'media-time-range': Control;
      'media-volume-range': Control;
    }
  }
}

addTranslation('ko', {
  'Enter fullscreen mode': '전체 화면',
  'Exit fullscreen mode': '전체 화면 끝내기',
  'enter fullscreen mode': '전체 화면',
  'exit fullscreen mode': '전체 화면 끝내기',
  Mute: '소리 끄기',
  Unmute: '소리 켜기',
  mute: '소리 끄기',
  unmute: '소리 켜기',
  'Enter picture in picture mode': '화면 속 화면',
  'Exit picture in picture mode': '화면 속 화면 끝내기',
  'enter picture in picture mode': '화면 속 화면',
  'exit picture in picture mode': '화면 속 화면 끝내기',
  Play: '재생',
  Pause: '멈춤',
  play: '재생',
  pause: '멈춤',
  'Seek backward': '뒤로',
  'Seek forward': '앞으로',
  'seek back {seekOffset} seconds': '{seekOffset}초 뒤로',
  'seek forward {seekOffset} seconds': '{seekOffset}초 앞으로',
  'video player': '영상 플레이어',
  volume: '음량',
  seek: '재생 위치',
  'playback time': '재생 시간',
  'media loading': '불러오는 중',
  hour: '시간',
  hours: '시간',
  minute: '분',
  minutes: '분',
  second: '초',
  seconds: '초',
  '{time} remaining': '{time} 남음',
  '{currentTime} of {totalTime}': '{totalTime} 중 {currentTime}',
  'video not loaded, unknown time.': '아직 불러오지 않았어요.',
});

/** The controls read their words when they are made, so this comes before the player does. */
export const speakControls = setLanguage;
